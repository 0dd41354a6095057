"""A job for each place, however long: Slurm ends them all at the time limit.

Caught by: packed
"""
    # TODO(8): as few jobs as that allows, as even as can be
    return [list(indices[k::limit]) for k in range(min(limit, len(indices)))]
    # END TODO(8)
