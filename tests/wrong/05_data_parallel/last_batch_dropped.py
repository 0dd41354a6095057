"""drop_last loses samples on every rank.

Caught by: each_once
"""
    # TODO(4): a part for every rank
    sampler = torch.utils.data.DistributedSampler(dataset)
    return DataLoader(dataset, batch_size=batch_size, sampler=sampler, drop_last=True)
    # END TODO(4)
