"""Leaves the learning rate as it was for one replica's batch.

Caught by: rate
"""
    # TODO(3): one model on all replicas
    with strategy.scope():
        model = build()
        optimizer = keras.optimizers.SGD(rate)
    # END TODO(3)
