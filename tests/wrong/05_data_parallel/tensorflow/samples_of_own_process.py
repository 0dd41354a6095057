"""Divides by the samples of this process: right on several devices, too large a step as soon as there are workers.

Caught by: workers_equal
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets, everywhere):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(losses(model, inputs, targets)) / tf.cast(everywhere, tf.float32)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        everywhere = sum(tf.shape(part)[0] for part in strategy.experimental_local_results(targets))
        shares = strategy.run(on_replica, args=(inputs, targets, everywhere))
        return strategy.reduce("SUM", shares, axis=None)

    # END TODO(4)
