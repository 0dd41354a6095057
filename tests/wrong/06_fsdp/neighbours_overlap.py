"""The parts are of the right size and overlap.

Caught by: rows
"""
    # TODO(4): the data of a rank
    share = len(batch) // ranks
    return batch[rank : rank + share]
    # END TODO(4)
