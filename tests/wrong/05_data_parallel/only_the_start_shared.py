"""Rank 0's weights go to all once; gradients stay at home.

Caught by: equal_to_one
"""
    # TODO(3): wrap the model
    model = model.to(device)
    for parameter in model.parameters():
        dist.broadcast(parameter.data, src=0)
    return model
    # END TODO(3)

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
