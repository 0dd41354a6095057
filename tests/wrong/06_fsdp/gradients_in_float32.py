"""Weights travel in 16 bits; gradients, which are asked in 16 bits too, in 32.

Caught by: wire
"""
    # TODO(1): the precision of what travels
    return MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    # END TODO(1)
