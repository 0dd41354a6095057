"""Counts right, each worker for itself: the chief's answer is that of its part.

Caught by: accuracy
"""
    # TODO(6): every sample counts once
    right = seen = 0
    for inputs, targets in batches:
        for mine, labels in zip(
            strategy.experimental_local_results(inputs), strategy.experimental_local_results(targets), strict=True
        ):
            hits = tf.argmax(model(mine), axis=-1) == labels
            right, seen = right + int(tf.reduce_sum(tf.cast(hits, tf.int64))), seen + len(labels)
    return right / seen
    # END TODO(6)
