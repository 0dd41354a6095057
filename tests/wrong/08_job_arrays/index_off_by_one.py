"""The array counts from 0, the code from 1: task 0 becomes -1, and the last configuration is never run.

Caught by: index
"""
    # TODO(3): which task of the array is this
    if not environ.get("SLURM_ARRAY_TASK_ID"):
        raise RuntimeError("SLURM_ARRAY_TASK_ID is missing: use sbatch --array")
    return int(environ["SLURM_ARRAY_TASK_ID"]) - 1
    # END TODO(3)
