"""A bare KeyError names the variable, and not what to do.

Caught by: index
"""
    # TODO(3): which task of the array is this
    return int(environ["SLURM_ARRAY_TASK_ID"])
    # END TODO(3)
