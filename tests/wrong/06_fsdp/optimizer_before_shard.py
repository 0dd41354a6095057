"""The optimizer is made first: it holds the parameters that the model had before it was cut.

Caught by: optimizer_share, equal_to_one
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed)
    return model, optimizer
    # END TODO(3)
