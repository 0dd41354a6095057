"""The remainder goes to the last job: all others have ended when it is half done.

Caught by: packed
"""
    # TODO(8): as few jobs as that allows, as even as can be
    fit = int((longest_s - startup_s) // run_s)
    count = max(min(limit, len(indices)), math.ceil(len(indices) / fit))
    size = len(indices) // count
    jobs = [list(indices[k * size : (k + 1) * size]) for k in range(count)]
    jobs[-1] += indices[count * size :]
    return jobs
    # END TODO(8)
