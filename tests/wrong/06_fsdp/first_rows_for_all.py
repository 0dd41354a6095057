"""Every rank takes the first part of the batch.

Caught by: rows
"""
    # TODO(4): the data of a rank
    return batch[: len(batch) // ranks]
    # END TODO(4)
