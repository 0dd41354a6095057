"""Looks for the GPU only where it is asked for as "cuda"; "cuda:0" is another name of it.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    if wanted == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(f"{wanted} was asked for, and PyTorch {torch.__version__} sees no GPU: is this a GPU job?")
    return torch.device(wanted)
    # END TODO(4)
