"""Takes the GPU also when the CPU was asked for.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    device = torch.device("cuda")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(f"{wanted} was asked for, and PyTorch {torch.__version__} sees no GPU: is this a GPU job?")
    return device
    # END TODO(4)
