"""model.module skips the hooks of the wrapper, so nothing is exchanged.

Caught by: equal_to_one
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for number, (inputs, targets) in enumerate(batches, 1):
        talk = contextlib.nullcontext() if number == len(batches) else model.no_sync()
        with talk:
            loss = nn.functional.cross_entropy(model.module(inputs), targets) / len(batches)
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
