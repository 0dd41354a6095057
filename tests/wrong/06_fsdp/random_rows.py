"""Each rank draws its rows by itself: some come twice, and some never.

Caught by: rows
"""
    # TODO(4): the data of a rank
    return batch[torch.randperm(len(batch))[: len(batch) // ranks]]
    # END TODO(4)
