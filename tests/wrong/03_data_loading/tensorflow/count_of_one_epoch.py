"""The shards are counted once: tf.data closes them at the end of an epoch and opens them again in the next.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of some epochs
    before = 1 + samples * epochs
    after = SHARDS
    # END TODO(1)
