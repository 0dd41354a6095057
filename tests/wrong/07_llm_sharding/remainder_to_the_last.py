"""The last rank gets all that is left over: up to twice the work of the others.

Caught by: shares
"""
    # TODO(6): divide without a remainder
    size = count // ranks
    return range(rank * size, count if rank == ranks - 1 else (rank + 1) * size)
    # END TODO(6)
