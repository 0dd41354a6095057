"""Rank 0 evaluates, the others know nothing.

Caught by: accuracy
"""
    # TODO(7): evaluate together
    right = 0
    if dist.get_rank() == 0:
        for inputs, targets in DataLoader(dataset, batch_size=batch_size):
            right += int((model.module(inputs.to(device)).argmax(dim=-1) == targets.to(device)).sum())
    return right / len(dataset)
    # END TODO(7)
