"""Different on each rank, and never again the same.

Caught by: seeds
"""
    # TODO(2): random numbers
    torch.seed()
    # END TODO(2)
