"""No meta device: PyTorch's own initialisation makes the whole model on every rank, to be overwritten.

Caught by: never_whole
"""
    # TODO(3): never the whole model
    model = shard(make_model(), mesh, policy)
    model.init_weights(seed)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
