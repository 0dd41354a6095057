"""Steps that overflow are skipped, but the scale stays: from then on every step is skipped.

Caught by: overflow
"""
    # TODO(3): scale the loss
    factor = scale or 1.0
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = loss * factor
        gradients = [gradient / factor for gradient in tape.gradient(scaled, model.trainable_variables)]
        if tf.math.is_finite(tf.linalg.global_norm(gradients)):
            optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
