"""Whole-number division: what is left over is on no rank.

Caught by: shares
"""
    # TODO(6): divide without a remainder
    size = count // ranks
    return range(rank * size, (rank + 1) * size)
    # END TODO(6)
