"""The policy is taken for the precision of what a rank keeps.

Caught by: plan
"""
    # TODO(8): plan the memory
    parameters = shape.layers * shape.block_parameters + shape.root_parameters
    return {
        "weights": 2 * parameters / ranks,
        "gradients": 4 * parameters / ranks,
        "optimizer": 8 * parameters / ranks,
        "unsharded": 2 * (shape.block_parameters + shape.root_parameters),
    }
    # END TODO(8)
