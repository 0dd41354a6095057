"""DistributedSampler repeats samples until all ranks have equally many.

Caught by: accuracy
"""
    # TODO(7): evaluate together
    sampler = torch.utils.data.DistributedSampler(dataset, shuffle=False)
    counts = torch.zeros(2, dtype=torch.int64, device=device)
    for inputs, targets in DataLoader(dataset, batch_size=batch_size, sampler=sampler):
        counts[0] += (model.module(inputs.to(device)).argmax(dim=-1) == targets.to(device)).sum()
        counts[1] += len(targets)
    dist.all_reduce(counts)
    return float(counts[0] / counts[1])
    # END TODO(7)
