"""Always the peak of float32, whatever the products run in: a share above 1 should have been a warning.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    return 6 * parameters * samples_per_s / (peaks["float32"] * 1e12)
    # END TODO(7)
