"""Believes what was asked for: the error comes later, from somewhere else.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    return torch.device(wanted)
    # END TODO(4)
