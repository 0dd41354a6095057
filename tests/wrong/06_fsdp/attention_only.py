"""Attention is computed again; the MLP, which keeps more, is not.

Caught by: recompute
"""
    # TODO(5): activations
    for block in model.blocks:
        block.attention = checkpoint_wrapper(block.attention)
    return model
    # END TODO(5)
