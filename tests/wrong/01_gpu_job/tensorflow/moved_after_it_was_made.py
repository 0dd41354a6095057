"""Variables stay where they are made: to touch them on another device is to copy them.

Caught by: places
"""
    # TODO(5): everything on the device
    model = make_model()
    with tf.device(device):
        model.set_weights(model.get_weights())
    return model
    # END TODO(5)
