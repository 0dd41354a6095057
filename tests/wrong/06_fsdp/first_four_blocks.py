"""The number of blocks is a literal: what comes after stays in the root's unit.

Caught by: one_block
"""
    # TODO(2): what is whole at one time
    for block in model.blocks[:4]:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    return fully_shard(model, mesh=mesh, mp_policy=policy)
    # END TODO(2)
