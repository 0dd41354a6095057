"""The archive is counted once, as if one process read it: each worker has to open its own handle.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of an epoch
    before = samples + 1
    after = 2  # once for the labels, once for the images
    # END TODO(1)
