"""The blocks are cut over the mesh given, and what is in no block over all ranks of the job.

Caught by: one_block
"""
    # TODO(2): what is whole at one time
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    return fully_shard(model, mp_policy=policy)
    # END TODO(2)
