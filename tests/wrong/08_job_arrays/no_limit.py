"""No limit: the array takes every GPU that it can get.

Caught by: rerun, in_slurm
"""
    # TODO(6): only what is missing, and under the limit
    return ",".join(map(str, sorted(failures)))
    # END TODO(6)
