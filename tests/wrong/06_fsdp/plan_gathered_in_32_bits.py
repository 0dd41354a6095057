"""What is gathered travels, and is computed with, in 16 bits.

Caught by: plan
"""
    # TODO(8): plan the memory
    parameters = shape.layers * shape.block_parameters + shape.root_parameters
    return {
        "weights": 4 * parameters / ranks,
        "gradients": 4 * parameters / ranks,
        "optimizer": 8 * parameters / ranks,
        "unsharded": 4 * (shape.block_parameters + shape.root_parameters),
    }
    # END TODO(8)
