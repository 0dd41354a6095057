"""A constant scale by hand, and nobody looks for inf: a step that overflows ruins the weights.

Caught by: overflow
"""
    # TODO(3): scale the loss
    factor = scale or 1.0
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = loss * factor
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply([gradient / factor for gradient in gradients], model.trainable_variables)
        return loss
    # END TODO(3)
