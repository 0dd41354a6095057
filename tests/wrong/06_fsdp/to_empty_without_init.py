"""Memory is taken, and what happens to be in it becomes the weights.

Caught by: first_weights
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
