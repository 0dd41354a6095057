"""Only the optimizer's state is divided, as ZeRO's first stage does it.

Caught by: plan
"""
    # TODO(8): plan the memory
    parameters = shape.layers * shape.block_parameters + shape.root_parameters
    return {
        "weights": 4 * parameters,
        "gradients": 4 * parameters,
        "optimizer": 8 * parameters / ranks,
        "unsharded": 2 * (shape.block_parameters + shape.root_parameters),
    }
    # END TODO(8)
