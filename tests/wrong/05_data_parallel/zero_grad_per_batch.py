"""Only the last batch of a step counts.

Caught by: equal_to_one
"""
    # TODO(6): accumulate in silence
    total = 0.0
    for number, (inputs, targets) in enumerate(batches, 1):
        optimizer.zero_grad()
        talk = contextlib.nullcontext() if number == len(batches) else model.no_sync()
        with talk:
            loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
