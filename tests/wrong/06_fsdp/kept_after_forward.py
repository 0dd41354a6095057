"""Blocks stay whole from the forward pass to their backward: half of the gathers, none of the memory.

Caught by: one_block
"""
    # TODO(2): what is whole at one time
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy, reshard_after_forward=False)
    return fully_shard(model, mesh=mesh, mp_policy=policy, reshard_after_forward=False)
    # END TODO(2)
