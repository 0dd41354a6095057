"""Parts in the order of the data set.

Caught by: new_order
"""
    # TODO(4): a part for every rank
    sampler = torch.utils.data.DistributedSampler(dataset, shuffle=False)
    return DataLoader(dataset, batch_size=batch_size, sampler=sampler)
    # END TODO(4)
