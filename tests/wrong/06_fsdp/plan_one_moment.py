"""AdamW keeps two numbers per weight, not one.

Caught by: plan
"""
    # TODO(8): plan the memory
    parameters = shape.layers * shape.block_parameters + shape.root_parameters
    return {
        "weights": 4 * parameters / ranks,
        "gradients": 4 * parameters / ranks,
        "optimizer": 4 * parameters / ranks,
        "unsharded": 2 * (shape.block_parameters + shape.root_parameters),
    }
    # END TODO(8)
