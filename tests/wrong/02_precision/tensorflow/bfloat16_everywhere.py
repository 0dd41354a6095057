"""bfloat16 on every GPU, also where it is only emulated: V100, T4.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    return Precision("mixed_bfloat16", scale=False, tf32=capability >= (8, 0))
    # END TODO(1)
