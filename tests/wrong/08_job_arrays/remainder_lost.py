"""Whole numbers round down, and the last configurations are in no job.

Caught by: packed
"""
    # TODO(8): as few jobs as that allows, as even as can be
    fit = int((longest_s - startup_s) // run_s)
    count = max(min(limit, len(indices)), math.ceil(len(indices) / fit))
    size = len(indices) // count
    return [list(indices[k * size : (k + 1) * size]) for k in range(count)]
    # END TODO(8)
