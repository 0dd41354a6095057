"""Every rank draws the same numbers: all augment their samples alike.

Caught by: seeds
"""
    # TODO(2): random numbers
    torch.manual_seed(base)
    # END TODO(2)
