"""seed + index: the next search repeats all of this one but its first configuration.

Caught by: distinct
"""
    # TODO(1): random numbers that belong to this search and this index
    rng = np.random.default_rng(seed + index)
    # END TODO(1)
