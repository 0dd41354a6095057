"""clipnorm clips each weight's gradient by itself; the gradient of all together stays longer than the limit.

Caught by: clip
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, clipnorm=MAX_NORM)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
