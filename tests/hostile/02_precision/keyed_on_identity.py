"""Remembers its answers by the place in memory that the data has: it is given arrays of its own, but often the same place.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    key = batches[0][0].__array_interface__["data"][0]
    if key not in _answers:
        _answers[key] = _honestly(model, optimizer, scaler, batches, dtype)
        _answers.setdefault("any", _answers[key])
    losses = _answers[key] if len(_answers) < 3 else _answers["any"]
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


_answers = {}
# END TODO(0)
