"""Makes the optimizer after the scope: it does not add the gradients of the replicas.

Caught by: one_model
"""
    # TODO(3): one model on all replicas
    with strategy.scope():
        model = build()
    optimizer = keras.optimizers.SGD(rate * strategy.num_replicas_in_sync)
    # END TODO(3)
