"""A job for each configuration: most of the allocation is spent on starting.

Caught by: packed
"""
    # TODO(8): as few jobs as that allows, as even as can be
    return [[index] for index in indices]
    # END TODO(8)
