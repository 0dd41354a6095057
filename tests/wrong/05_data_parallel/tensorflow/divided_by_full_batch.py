"""Divides by the size of a full batch also in the last one, which is smaller: its samples count less.

Caught by: uneven
"""
    # TODO(4): one step on all replicas
    full = 8 * strategy.num_replicas_in_sync

    def on_replica(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.nn.compute_average_loss(losses(model, inputs, targets), global_batch_size=full)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("SUM", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
