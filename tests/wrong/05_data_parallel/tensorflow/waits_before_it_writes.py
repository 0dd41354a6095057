"""All wait for each other, and only then the chief writes.

Caught by: one_writer
"""
    # TODO(7): one writer
    place = strategy.cluster_resolver
    strategy.reduce("SUM", strategy.run(lambda: tf.constant(1)), axis=None)
    if place is None or place.task_id == 0:
        model.save_weights(path)
    # END TODO(7)
