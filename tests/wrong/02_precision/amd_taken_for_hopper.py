"""By capability alone: ROCm reports (9, 0), so an MI250X is taken for an H100, which has TF32.

Caught by: tf32_suits
"""
    # TODO(1): choose by what the hardware has
    if capability >= (8, 0):
        return Precision(torch.bfloat16, scale=False, tf32=True)
    return Precision(torch.float16, scale=True, tf32=False)
    # END TODO(1)
