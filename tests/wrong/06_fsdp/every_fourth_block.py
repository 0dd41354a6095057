"""Too few blocks to matter.

Caught by: recompute
"""
    # TODO(5): activations
    for index in range(0, len(model.blocks), 4):
        model.blocks[index] = checkpoint_wrapper(model.blocks[index])
    return model
    # END TODO(5)
