"""ROCm reports an H100's capability for AMD's GPUs, so TF32 is switched on where there is none.

Caught by: tf32_suits
"""
    # TODO(1): choose by what the hardware has
    if capability >= (8, 0):
        return Precision("mixed_bfloat16", scale=False, tf32=True)
    return Precision("mixed_float16", scale=True, tf32=False)
    # END TODO(1)
