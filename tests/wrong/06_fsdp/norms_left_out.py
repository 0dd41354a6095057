"""Norms get no weight decay, and here they get no steps either: the second group of parameters is missing.

Caught by: optimizer_share, equal_to_one
"""
    # TODO(3): never the whole model
    with torch.device("meta"):
        model = make_model()
    model = shard(model, mesh, policy)
    model.to_empty(device=mesh.device_type)
    model.init_weights(seed)
    matrices = [each for each in model.parameters() if each.dim() > 1]
    return model, torch.optim.AdamW(matrices, lr=LEARNING_RATE)
    # END TODO(3)
