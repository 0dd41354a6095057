"""The usual line from the web: without a GPU the job trains on the CPU until its time is up.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    return torch.device("cuda" if wanted == "cuda" and torch.cuda.is_available() else "cpu")
    # END TODO(4)
