"""Switches TF32 on and never off again; in TensorFlow it is on to begin with.

Caught by: tf32_switch
"""
    # TODO(5): the switch for TF32
    if wanted:
        tf.config.experimental.enable_tensor_float_32_execution(True)
    # END TODO(5)
