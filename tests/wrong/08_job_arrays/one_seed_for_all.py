"""One seed for all indices: a thousand jobs run the same configuration.

Caught by: distinct
"""
    # TODO(1): random numbers that belong to this search and this index
    rng = np.random.default_rng(seed)
    # END TODO(1)
