"""The wrapper decides in its forward pass, which is outside.

Caught by: one_exchange
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for number, (inputs, targets) in enumerate(batches, 1):
        talk = contextlib.nullcontext() if number == len(batches) else model.no_sync()
        loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
        with talk:
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
