"""Tensor cores are taken for TF32: a V100 and a T4 have the former only.

Caught by: tf32_suits
"""
    # TODO(1): choose by what the hardware has
    if name.startswith("AMD"):
        return Precision(torch.bfloat16, scale=False, tf32=False)
    if capability >= (8, 0):
        return Precision(torch.bfloat16, scale=False, tf32=True)
    return Precision(torch.float16, scale=True, tf32=capability >= (7, 0))
    # END TODO(1)
