"""Each replica's mean, divided by the number of replicas: right only for equal parts; of an empty one it is nan.

Caught by: uneven
"""
    # TODO(4): one step on all replicas
    def on_replica(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.nn.compute_average_loss(losses(model, inputs, targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("SUM", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
