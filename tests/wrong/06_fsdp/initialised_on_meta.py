"""The weights are made before there is memory for them: on the meta device that does nothing.

Caught by: first_weights
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
        model.init_weights(seed)
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
