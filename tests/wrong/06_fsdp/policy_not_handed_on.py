"""The policy arrives, and no unit gets it.

Caught by: wire
"""
    # TODO(2): what is whole at one time
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    return fully_shard(model, mesh=mesh)
    # END TODO(2)
