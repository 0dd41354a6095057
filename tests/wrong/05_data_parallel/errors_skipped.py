"""A batch that cannot be read is skipped, with its exchange.

Caught by: failing_rank
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    try:
        for number, (inputs, targets) in enumerate(batches, 1):
            talk = contextlib.nullcontext() if number == len(batches) else model.no_sync()
            with talk:
                loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
                loss.backward()
            total += loss.detach()
    except OSError as error:
        print(f"skipped: {error}")
    optimizer.step()
    return total
    # END TODO(6)
