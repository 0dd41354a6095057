"""Makes the optimizer after the scope: every replica counts its steps up, and schedules run too fast.

Caught by: one_model
"""
    # TODO(3): one model on all replicas
    with strategy.scope():
        model = build()
    optimizer = keras.optimizers.SGD(rate * strategy.num_replicas_in_sync)
    # END TODO(3)
