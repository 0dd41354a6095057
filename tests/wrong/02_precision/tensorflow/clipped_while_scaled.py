"""Clips the gradients itself, before apply() takes the scale out: what is clipped is the scaled gradient.

Caught by: clip
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, MAX_NORM)
        optimizer.apply(gradients, model.trainable_variables)
        return loss
    # END TODO(3)
