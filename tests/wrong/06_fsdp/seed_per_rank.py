"""Each rank has a seed of its own, so the parts are those of different models.

Caught by: first_weights
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed + dist.get_rank())
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
