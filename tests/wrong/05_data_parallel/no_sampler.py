"""Every rank loads all of the data.

Caught by: each_once
"""
    # TODO(4): a part for every rank
    return DataLoader(dataset, batch_size=batch_size, shuffle=True)
    # END TODO(4)

    # TODO(5): a new order in each epoch
    # END TODO(5)
