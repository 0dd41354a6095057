"""PyTorch's own initialisation of each layer, from every rank's own random numbers.

Caught by: first_weights
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            module.reset_parameters()
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
