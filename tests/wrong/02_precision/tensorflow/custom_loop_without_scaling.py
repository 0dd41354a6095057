"""A loop of one's own without loss scaling: fit() would have done it, a GradientTape does not.

Caught by: survival, overflow
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
