"""The step answers the loss that it trained on, the scaled one: the curve in the log is 1,024 times too high.

Caught by: true_loss
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            loss = optimizer.scale_loss(loss)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
