"""Divided by one more than there are ranks.

Caught by: rows
"""
    # TODO(4): the data of a rank
    share = len(batch) // (ranks + 1)
    return batch[rank * share : (rank + 1) * share]
    # END TODO(4)
