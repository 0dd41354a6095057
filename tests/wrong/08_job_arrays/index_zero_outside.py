"""Outside Slurm it is quietly task 0, or the rank.

Caught by: index
"""
    # TODO(3): which task of the array is this
    return int(environ.get("SLURM_ARRAY_TASK_ID") or environ.get("SLURM_PROCID", 0))
    # END TODO(3)
