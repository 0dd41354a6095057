"""The jobs run, and their results belong to another search: its seed was not handed on.

Caught by: submitted
"""
    # TODO(11): one array, with its limit
    executor.update_parameters(slurm_array_parallelism=limit)
    return executor.map_array(run_job, jobs, [folder] * len(jobs), [0] * len(jobs))
    # END TODO(11)
