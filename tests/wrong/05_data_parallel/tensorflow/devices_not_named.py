"""Names no devices: the strategy takes the GPUs that it finds, and where there are none a single device.

Caught by: parts
"""
    # TODO(1): one replica per device
    return tf.distribute.MirroredStrategy()
    # END TODO(1)
