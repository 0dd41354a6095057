"""Counts 2 operations per parameter and sample: that is inference, a training step costs 6.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    peak = peaks[arithmetic]
    if peak is None:
        return None
    return 2 * parameters * samples_per_s / (peak * 1e12)
    # END TODO(7)
