"""Adds the gradients of all replicas by hand; the optimizer does it again.

Caught by: equal_to_one
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets):
        context = tf.distribute.get_replica_context()
        everywhere = context.all_reduce("sum", tf.shape(targets)[0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(losses(model, inputs, targets)) / tf.cast(everywhere, tf.float32)
        gradients = context.all_reduce("sum", tape.gradient(loss, model.trainable_variables))
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("SUM", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
