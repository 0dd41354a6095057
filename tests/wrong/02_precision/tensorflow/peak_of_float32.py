"""Divides by the float32 peak whatever the arithmetic is: 16 bits then seem to reach more than all of it.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    return 6 * parameters * samples_per_s / (peaks["float32"] * 1e12)
    # END TODO(7)
