"""cuDNN's switch: that one is for convolutions, and on by default. Matrix products stay as they were.

Caught by: tf32_switch, tf32_speed
"""
    # TODO(5): the switch for TF32
    torch.backends.cudnn.allow_tf32 = wanted
    # END TODO(5)
