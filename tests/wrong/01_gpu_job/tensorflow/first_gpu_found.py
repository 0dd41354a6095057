"""Whatever TensorFlow sees first is taken.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    return f"/{(tf.config.list_physical_devices(wanted) or tf.config.list_physical_devices())[0].device_type}:0"
    # END TODO(4)
