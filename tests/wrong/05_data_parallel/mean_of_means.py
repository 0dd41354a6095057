"""Ranks with fewer samples weigh as much as the others.

Caught by: accuracy
"""
    # TODO(7): evaluate together
    mine = torch.utils.data.Subset(dataset, range(dist.get_rank(), len(dataset), dist.get_world_size()))
    counts = torch.zeros(2, dtype=torch.int64, device=device)
    for inputs, targets in DataLoader(mine, batch_size=batch_size):
        counts[0] += (model.module(inputs.to(device)).argmax(dim=-1) == targets.to(device)).sum()
        counts[1] += len(targets)
    mean = counts[0] / counts[1]
    dist.all_reduce(mean)
    return float(mean / dist.get_world_size())
    # END TODO(7)
