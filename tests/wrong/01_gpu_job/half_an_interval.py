"""The 2 is missing: it saves too often by the root of 2.

Caught by: interval
"""
    # TODO(8): how often
    return max(1, round(math.sqrt(save_s * failure_s) / step_s))
    # END TODO(8)
