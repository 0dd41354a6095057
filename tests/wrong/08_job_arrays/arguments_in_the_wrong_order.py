"""The array is right, and each of its jobs fails: the arguments of map_array are columns.

Caught by: submitted
"""
    # TODO(11): one array, with its limit
    executor.update_parameters(slurm_array_parallelism=limit)
    return executor.map_array(run_job, jobs, [seed] * len(jobs), [folder] * len(jobs))
    # END TODO(11)
