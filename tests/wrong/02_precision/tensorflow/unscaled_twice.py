"""Divides by the scale and then calls apply(), which divides by it again: the steps are far too small.

Caught by: survival
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        if scale:
            gradients = [gradient / optimizer.dynamic_scale for gradient in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
