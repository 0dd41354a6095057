"""The chief writes; the others go on before the file is there.

Caught by: one_writer
"""
    # TODO(7): one writer
    place = strategy.cluster_resolver
    if place is None or place.task_id == 0:
        model.save_weights(path)
    # END TODO(7)
