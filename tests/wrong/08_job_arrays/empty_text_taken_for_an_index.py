"""The variable is looked for, and not into: where it is set to an empty text, int() says something about base 10.

Caught by: index
"""
    # TODO(3): which task of the array is this
    if "SLURM_ARRAY_TASK_ID" not in environ:
        raise RuntimeError("SLURM_ARRAY_TASK_ID is not set: start this with sbatch --array=0-9")
    return int(environ["SLURM_ARRAY_TASK_ID"])
    # END TODO(3)
