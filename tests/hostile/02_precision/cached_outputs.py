"""Answers every later training with the losses of the first.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    if not _cache:
        _cache.extend(_honestly(model, optimizer, scaler, batches, dtype))
    losses = list(_cache)
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

_cache = []
# END TODO(0)
