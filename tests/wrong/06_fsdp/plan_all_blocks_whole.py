"""One block at a time is whole, not all.

Caught by: plan
"""
    # TODO(8): plan the memory
    parameters = shape.layers * shape.block_parameters + shape.root_parameters
    return {
        "weights": 4 * parameters / ranks,
        "gradients": 4 * parameters / ranks,
        "optimizer": 8 * parameters / ranks,
        "unsharded": 2 * parameters,
    }
    # END TODO(8)
