"""Makes the model before the scope: its variables have one copy.

Caught by: one_model
"""
    # TODO(3): one model on all replicas
    model = build()
    with strategy.scope():
        optimizer = keras.optimizers.SGD(rate * strategy.num_replicas_in_sync)
    # END TODO(3)
