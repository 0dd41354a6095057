"""A guard against nan looks at each loss before the next step: on a GPU that is a read back like any other.

Caught by: no_read_back
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    step = prepare(policy)
    for inputs, targets in batches:
        loss = step(tf.constant(inputs, tf.float32), tf.constant(targets))
        if tf.math.is_nan(loss):
            break
        losses.append(loss)
    # END TODO(4)
