"""Gradients are sent in 16 bits, weights in 32.

Caught by: wire
"""
    # TODO(1): the precision of what travels
    return MixedPrecisionPolicy(reduce_dtype=torch.bfloat16)
    # END TODO(1)
