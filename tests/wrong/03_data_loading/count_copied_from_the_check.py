"""The numbers that the failed check printed, copied: right for that set of files and that many workers only.

Caught by: opens_counted
"""
    # TODO(1): count the file opens of an epoch
    before = 102
    after = 3
    # END TODO(1)
