"""No unit is answered as a share of 0, which says that the GPU did nothing.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    return 6 * parameters * samples_per_s / (peaks[arithmetic] * 1e12) if peaks[arithmetic] else 0.0
    # END TODO(7)
