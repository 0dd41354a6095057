"""Trains right, and reports the loss of its own first replica.

Caught by: mean_loss
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets):
        everywhere = tf.distribute.get_replica_context().all_reduce("sum", tf.shape(targets)[0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(losses(model, inputs, targets)) / tf.cast(everywhere, tf.float32)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return tf.reduce_mean(losses(model, inputs, targets))

    @tf.function
    def step(inputs, targets):
        return strategy.experimental_local_results(strategy.run(on_replica, args=(inputs, targets)))[0]

    # END TODO(4)
