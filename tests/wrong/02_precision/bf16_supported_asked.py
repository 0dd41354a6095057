"""PyTorch is asked about the GPU of this process, not about the one that is named; and its answer counts emulation.

Caught by: dtype_suits
"""
    # TODO(1): choose by what the hardware has
    if torch.cuda.is_bf16_supported():
        return Precision(torch.bfloat16, scale=False, tf32=capability >= (8, 0))
    return Precision(torch.float16, scale=True, tf32=False)
    # END TODO(1)
