"""Cut over the 8 ranks of a node and copied to every node (HSDP): more nodes make no room.

Caught by: scale
"""
    # TODO(2): what is whole at one time
    if mesh.size() > 8:
        nodes = (mesh.size() // 8, 8)
        mesh = torch.distributed.init_device_mesh(mesh.device_type, nodes, mesh_dim_names=("nodes", "gpus"))
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    return fully_shard(model, mesh=mesh, mp_policy=policy)
    # END TODO(2)
