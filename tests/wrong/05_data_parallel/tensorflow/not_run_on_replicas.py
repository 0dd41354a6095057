"""The step of one process inside the scope: nobody runs it on the replicas.

Caught by: equal_to_one
"""
    # TODO(4): one step on all replicas
    @tf.function
    def step(inputs, targets):
        with strategy.scope(), tf.GradientTape() as tape:
            loss = tf.reduce_mean(losses(model, inputs, targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    # END TODO(4)
