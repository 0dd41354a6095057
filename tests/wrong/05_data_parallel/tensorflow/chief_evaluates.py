"""Only the chief counts, while the others go on: it waits for them in the first reduction, for ever.

Caught by: accuracy
"""
    # TODO(6): every sample counts once
    if strategy.cluster_resolver is not None and strategy.cluster_resolver.task_id > 0:
        return 0.0
    counts = []

    def on_replica(inputs, targets):
        right = tf.argmax(model(inputs), axis=-1) == targets
        return tf.reduce_sum(tf.cast(right, tf.int64)), tf.size(right, tf.int64)

    @tf.function
    def count(inputs, targets):
        return [strategy.reduce("SUM", n, axis=None) for n in strategy.run(on_replica, args=(inputs, targets))]

    for inputs, targets in batches:
        counts.append([int(n) for n in count(inputs, targets)])
    right, seen = (sum(numbers) for numbers in zip(*counts, strict=True))
    return right / seen
    # END TODO(6)
