"""tf.function is called anew in every step, so every step traces its graph again.

Caught by: float32_speed, mixed_speed, tf32_speed
"""
    # TODO(3): scale the loss
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)
    optimizer.build(model.trainable_variables)

    def update(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    def step(inputs, targets):
        return tf.function(update)(inputs, targets)
    # END TODO(3)
