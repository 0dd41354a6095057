"""The mesh arrives, and no unit gets it: FSDP then takes all ranks of the job, whatever the mesh was.

Caught by: one_block
"""
    # TODO(2): what is whole at one time
    for block in model.blocks:
        fully_shard(block, mp_policy=policy)
    return fully_shard(model, mp_policy=policy)
    # END TODO(2)
