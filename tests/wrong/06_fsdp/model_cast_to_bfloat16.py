"""The parameters themselves are cast: what the optimizer changes has 8 bits, and small steps are lost.

Caught by: master_weights
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    if policy.param_dtype is not None:
        model.to(policy.param_dtype)
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
