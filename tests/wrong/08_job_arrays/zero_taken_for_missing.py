"""Index 0 is taken for a missing one.

Caught by: index
"""
    # TODO(3): which task of the array is this
    index = int(environ.get("SLURM_ARRAY_TASK_ID") or 0)
    if not index:
        raise RuntimeError("SLURM_ARRAY_TASK_ID is not set; start it with sbatch --array=0-9")
    return index
    # END TODO(3)
