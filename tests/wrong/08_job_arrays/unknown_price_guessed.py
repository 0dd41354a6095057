"""A GPU whose price is unknown counts as one unit: a guess that looks like a fact.

Caught by: cost
"""
    # TODO(10): the allocation pays for every job, by the hour and by the type
    return sum(job["seconds"] / 3600 * job["gpus"] * prices.get(job["type"], 1) for job in jobs)
    # END TODO(10)
