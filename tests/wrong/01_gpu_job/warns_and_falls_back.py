"""A warning in the log, and the CPU.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    if wanted == "cuda" and not torch.cuda.is_available():
        print("WARNING: no GPU, using the CPU")
        wanted = "cpu"
    return torch.device(wanted)
    # END TODO(4)
