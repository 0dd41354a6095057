"""The loss is the mean over the part of a replica: the gradients of n replicas, added, are n times too large.

Caught by: equal_to_one
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(losses(model, inputs, targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("MEAN", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
