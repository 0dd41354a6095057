"""The gradients of accumulated batches are summed, not averaged.

Caught by: equal_to_one
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for number, (inputs, targets) in enumerate(batches, 1):
        talk = contextlib.nullcontext() if number == len(batches) else model.no_sync()
        with talk:
            loss = nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
