"""Right, and no faster: every rank computes what all should share.

Caught by: two_ranks
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for number, batch in enumerate(batches, 1):
        everybody = []
        for mine in batch:
            parts = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
            dist.all_gather(parts, mine.contiguous())
            everybody.append(torch.cat(parts))
        inputs, targets = everybody
        with contextlib.nullcontext() if number == len(batches) else model.no_sync():
            loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
