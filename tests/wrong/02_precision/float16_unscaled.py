"""float16 where it has to be, but without loss scaling.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    if name.startswith("AMD"):
        return Precision(torch.bfloat16, scale=False, tf32=False)
    if capability >= (8, 0):
        return Precision(torch.bfloat16, scale=False, tf32=True)
    return Precision(torch.float16, scale=False, tf32=False)
    # END TODO(1)
