"""float16 where there is no bfloat16, but without loss scaling.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    newer = name.startswith("AMD") or capability >= (8, 0)
    policy = "mixed_bfloat16" if newer else "mixed_float16"
    return Precision(policy, scale=False, tf32=newer and not name.startswith("AMD"))
    # END TODO(1)
