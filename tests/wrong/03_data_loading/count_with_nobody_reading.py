"""One handle per worker, and none where there are no workers: then the main process opens the archive and reads.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of an epoch
    before = samples + 1
    after = 1 + workers
    # END TODO(1)
