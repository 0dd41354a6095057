"""The whole model in one unit: gathered once, and whole from the first layer to the last.

Caught by: one_block
"""
    # TODO(2): what is whole at one time
    return fully_shard(model, mesh=mesh, mp_policy=policy)
    # END TODO(2)
