"""Memory falls because the blocks' gradients are not computed at all.

Caught by: recompute
"""
    # TODO(5): activations
    for block in model.blocks:
        block.forward = torch.no_grad()(block.forward)
    return model
    # END TODO(5)
