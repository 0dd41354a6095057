"""Only the chief reaches the reduction that makes all wait: it hangs.

Caught by: one_writer
"""
    # TODO(7): one writer
    place = strategy.cluster_resolver
    if place is None or place.task_id == 0:
        model.save_weights(path)
        strategy.reduce("SUM", strategy.run(lambda: tf.constant(1)), axis=None)
    # END TODO(7)
