"""The clock as the seed: a run that failed can never be repeated.

Caught by: same_everywhere
"""
    # TODO(1): random numbers that belong to this search and this index
    import time

    rng = np.random.default_rng(time.time_ns())
    # END TODO(1)
