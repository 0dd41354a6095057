"""Averages over the global batch, and divides by the number of replicas as well.

Caught by: equal_to_one
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.nn.compute_average_loss(losses(model, inputs, targets)) / strategy.num_replicas_in_sync
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("SUM", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
