"""seed * index: index 0 is the same in every search.

Caught by: distinct
"""
    # TODO(1): random numbers that belong to this search and this index
    rng = np.random.default_rng(seed * index)
    # END TODO(1)
