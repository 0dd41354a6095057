"""map_array without a limit: submitit asks for 256 at a time.

Caught by: submitted
"""
    # TODO(11): one array, with its limit
    return executor.map_array(run_job, jobs, [folder] * len(jobs), [seed] * len(jobs))
    # END TODO(11)
