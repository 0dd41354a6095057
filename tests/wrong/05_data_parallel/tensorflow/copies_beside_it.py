"""Every worker writes a file of its own beside the chief's, and leaves it there.

Caught by: one_writer
"""
    # TODO(7): one writer
    place = strategy.cluster_resolver
    rank = 0 if place is None else place.task_id
    model.save_weights(path if rank == 0 else path.replace(".weights.h5", f"-{rank}.weights.h5"))
    strategy.reduce("SUM", strategy.run(lambda: tf.constant(1)), axis=None)
    # END TODO(7)
