"""Only the images are counted; the labels are in a file as well.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of an epoch
    before = samples
    after = 1 + max(workers, 1)
    # END TODO(1)
