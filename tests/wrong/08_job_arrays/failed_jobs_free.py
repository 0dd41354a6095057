"""Only what completed is counted; the allocation paid for all.

Caught by: cost
"""
    # TODO(10): the allocation pays for every job, by the hour and by the type
    done = [job for job in jobs if job["state"] == "COMPLETED"]
    return sum(job["seconds"] / 3600 * job["gpus"] * prices[job["type"]] for job in done)
    # END TODO(10)
