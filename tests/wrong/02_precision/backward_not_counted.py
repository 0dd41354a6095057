"""Only the forward pass is counted: 2 operations instead of 6.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    if peaks[arithmetic] is None:
        return None
    return 2 * parameters * samples_per_s / (peaks[arithmetic] * 1e12)
    # END TODO(7)
