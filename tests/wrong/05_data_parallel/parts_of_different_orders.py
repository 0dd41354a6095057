"""Each rank shuffles by itself, then takes its part.

Caught by: each_once
"""
    # TODO(4): a part for every rank
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(dist.get_rank()))
    mine = order[dist.get_rank() :: dist.get_world_size()].tolist()
    return DataLoader(torch.utils.data.Subset(dataset, mine), batch_size=batch_size, shuffle=True)
    # END TODO(4)

    # TODO(5): a new order in each epoch
    # END TODO(5)
