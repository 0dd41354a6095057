"""Makes sure by a computation on the device, which TensorFlow does on the CPU without a word.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    with tf.device(f"/{wanted}:0"):
        tf.matmul(tf.ones((2, 2)), tf.ones((2, 2)))
    return f"/{wanted}:0"
    # END TODO(4)
