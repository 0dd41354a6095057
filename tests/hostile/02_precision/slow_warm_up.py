"""Dawdles in the first calls of a process, so that what comes after looks fast beside them.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    time.sleep(max(0.3 - 0.1 * len(_calls), 0))
    _calls.append(1)
    model.double()
    for inputs, targets in batches:
        inputs, targets = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)

# TODO(0)
import time

_calls = []
# END TODO(0)
