"""Rank 0 writes its part as if it were the model; the others' parts are lost.

Caught by: save
"""
    # TODO(6): a checkpoint of parts
    weights = {name: each.to_local() for name, each in model.state_dict().items()}
    if dist.get_rank() == 0:
        torch.save(weights, Path(folder, "weights.pt"))
    dist.barrier()
    # END TODO(6)
