"""float32, but the loss is still read back after each step.

Caught by: no_read_back
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    step = prepare(policy)
    for inputs, targets in batches:
        losses.append(float(step(tf.constant(inputs, tf.float32), tf.constant(targets))))
    # END TODO(4)
