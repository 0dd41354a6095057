"""The first device that TensorFlow sees.

Caught by: places
"""
    # TODO(5): everything on the device
    return make_model()
    # END TODO(5)
