"""Everything is cut, in place, and the model is not returned.

Caught by: own_share
"""
    # TODO(2): what is whole at one time
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    # END TODO(2)
