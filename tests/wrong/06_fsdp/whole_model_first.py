"""Right in the end: but every rank makes the whole model before it is cut.

Caught by: never_whole
"""
    # TODO(3): never the whole model
    model = make_model()
    model.init_weights(seed)
    model = shard(model, mesh, policy)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
