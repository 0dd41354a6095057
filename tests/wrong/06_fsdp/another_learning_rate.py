"""The parts are right, and the optimizer has ten times the learning rate.

Caught by: equal_to_one
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed)
    return model, torch.optim.AdamW(model.parameters(), lr=10 * LEARNING_RATE)
    # END TODO(3)
