"""GPU hours: a T4 counts as much as an A100.

Caught by: cost
"""
    # TODO(10): the allocation pays for every job, by the hour and by the type
    return sum(job["seconds"] / 3600 * job["gpus"] for job in jobs)
    # END TODO(10)
