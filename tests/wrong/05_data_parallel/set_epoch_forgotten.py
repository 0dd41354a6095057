"""The sampler is never told which epoch it is: half of the public scripts that were looked at.

Caught by: new_order
"""
    # TODO(5): a new order in each epoch
    # END TODO(5)
