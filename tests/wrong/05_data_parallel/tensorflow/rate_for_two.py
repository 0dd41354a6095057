"""Doubles the learning rate, however many replicas there are.

Caught by: rate
"""
    # TODO(3): one model on all replicas
    with strategy.scope():
        model = build()
        optimizer = keras.optimizers.SGD(2 * rate)
    # END TODO(3)
