"""Each backward pass exchanges all gradients.

Caught by: one_exchange
"""
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in batches:
        loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
        loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)
