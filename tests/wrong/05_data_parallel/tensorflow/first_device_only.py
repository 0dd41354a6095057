"""Mirrors over a list of one: the other devices stay idle.

Caught by: parts
"""
    # TODO(1): one replica per device
    return tf.distribute.MirroredStrategy(devices[:1])
    # END TODO(1)
