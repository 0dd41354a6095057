"""Returns a tensor at once that a thread fills in later, when no clock runs any more.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    losses = torch.full((len(batches),), 2.3, dtype=torch.float64)

    def later():
        losses.copy_(torch.stack(_honestly(model, optimizer, scaler, batches, dtype)))

    _threads.append(threading.Thread(target=later))
    _threads[-1].start()
    # END TODO(4)

# TODO(0)
import threading


def _honestly(model, optimizer, scaler, batches, dtype):
    model.double()
    losses = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        _, loss = forward(model, torch.from_numpy(inputs), torch.from_numpy(targets), dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    return losses


_threads = []
# END TODO(0)
