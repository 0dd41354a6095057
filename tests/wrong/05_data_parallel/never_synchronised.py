"""no_sync() around all batches, the last one too.

Caught by: equal_to_one
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in batches:
        talk = model.no_sync()
        with talk:
            loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
            loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
