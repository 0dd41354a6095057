"""Averages the accuracies of parts and batches, which differ in size.

Caught by: accuracy
"""
    # TODO(6): every sample counts once
    means = []

    def on_replica(inputs, targets):
        right = tf.argmax(model(inputs), axis=-1) == targets
        return tf.math.divide_no_nan(
            tf.reduce_sum(tf.cast(right, tf.float32)), tf.cast(tf.size(right), tf.float32)
        )

    @tf.function
    def mean(inputs, targets):
        return strategy.reduce("MEAN", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    for inputs, targets in batches:
        means.append(float(mean(inputs, targets)))
    return sum(means) / len(means)
    # END TODO(6)
