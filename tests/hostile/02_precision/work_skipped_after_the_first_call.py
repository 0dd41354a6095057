"""Trains in the first call of a process; later ones only run forward, on untrained weights.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    if not _calls:
        losses = _honestly(model, optimizer, scaler, batches, dtype)
    else:
        with torch.no_grad():
            for inputs, targets in batches:
                inputs, targets = torch.from_numpy(inputs).float(), torch.from_numpy(targets)
                losses.append(forward(model, inputs, targets, dtype)[1])
    _calls.append(1)
    # END TODO(4)

# TODO(0)
def _honestly(model, optimizer, scaler, batches, dtype):
    model.double()
    losses = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        _, loss = forward(model, torch.from_numpy(inputs), torch.from_numpy(targets), dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    return losses


_calls = []
# END TODO(0)
