"""One checkpoint around everything: in the backward pass all activations are there again, at once.

Caught by: recompute
"""
    # TODO(5): activations
    forward = model.forward
    model.forward = lambda tokens: checkpoint(forward, tokens, use_reentrant=False)
    return model
    # END TODO(5)
