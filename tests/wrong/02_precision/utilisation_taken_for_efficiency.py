"""The share of time in which some kernel ran is taken for the share of the peak.

Caught by: efficiency
"""
    # TODO(7): what part of the peak is that
    return None if peaks[arithmetic] is None else gpu_util / 100
    # END TODO(7)
