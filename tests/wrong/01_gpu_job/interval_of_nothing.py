"""Where a step takes longer than the interval, it answers 0.

Caught by: interval
"""
    # TODO(8): how often
    return round(math.sqrt(2 * save_s * failure_s) / step_s)
    # END TODO(8)
