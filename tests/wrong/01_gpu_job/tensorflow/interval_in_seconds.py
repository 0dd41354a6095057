"""The interval is one in seconds; asked for are steps.

Caught by: interval
"""
    # TODO(8): how often
    return max(1, round(math.sqrt(2 * save_s * failure_s)))
    # END TODO(8)
