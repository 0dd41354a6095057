""""float16" is a policy too, so nothing complains: but it puts the weights into 16 bits as well.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    if name.startswith("AMD"):
        return Precision("mixed_bfloat16", scale=False, tf32=False)
    if capability >= (8, 0):
        return Precision("mixed_bfloat16", scale=False, tf32=True)
    return Precision("float16", scale=True, tf32=False)
    # END TODO(1)
