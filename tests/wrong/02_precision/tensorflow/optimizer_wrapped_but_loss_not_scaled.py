"""The optimizer is wrapped, but scale_loss() is never called: apply() divides gradients that nobody has scaled.

Caught by: survival
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
