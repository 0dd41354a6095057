"""hash() of a text: Python salts it, so that each process has its own.

Caught by: same_everywhere
"""
    # TODO(1): random numbers that belong to this search and this index
    rng = np.random.default_rng(abs(hash(f"{seed}-{index}")))
    # END TODO(1)
