"""Every n-th: even, but layers that follow each other are on different ranks.

Caught by: shares
"""
    # TODO(6): divide without a remainder
    return range(rank, count, ranks)
    # END TODO(6)
