"""Only the images are counted; as shipped, the labels are in a file as well.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of some epochs
    before = samples * epochs
    after = SHARDS * epochs
    # END TODO(1)
