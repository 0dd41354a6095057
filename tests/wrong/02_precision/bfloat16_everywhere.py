"""bfloat16 on every GPU, as for an A100. A T4 and a V100 have no units for it: it is emulated there, and slow.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    return Precision(torch.bfloat16, scale=False, tf32=capability >= (8, 0) and not name.startswith("AMD"))
    # END TODO(1)
