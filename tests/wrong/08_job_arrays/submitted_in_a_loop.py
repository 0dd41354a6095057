"""submit() in a loop: as many jobs as lists, and a limit that is nobody's.

Caught by: submitted
"""
    # TODO(11): one array, with its limit
    executor.update_parameters(slurm_array_parallelism=limit)
    return [executor.submit(run_job, indices, folder, seed) for indices in jobs]
    # END TODO(11)
