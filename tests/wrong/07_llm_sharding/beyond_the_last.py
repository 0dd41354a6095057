"""Every part is as long as the longest: the last ones go beyond what there is.

Caught by: shares
"""
    # TODO(6): divide without a remainder
    size = -(-count // ranks)
    return range(rank * size, (rank + 1) * size)
    # END TODO(6)
