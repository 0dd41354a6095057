"""Another kind of data parallelism: gradients are averaged, and nothing is cut.

Caught by: own_share
"""
    # TODO(2): what is whole at one time
    return nn.parallel.DistributedDataParallel(model)
    # END TODO(2)
    # TODO(3): never the whole model
    model = make_model()
    model.init_weights(seed)
    model = shard(model, mesh, policy)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)
