"""An answer to an error that this model never had; it costs a walk through the graph in every step.

Caught by: no_search
"""
    # TODO(3): wrap the model
    return nn.parallel.DistributedDataParallel(model.to(device), find_unused_parameters=True)
    # END TODO(3)
