"""Stops every clock of its process, and makes waiting for the device return at once.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
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

for _clock in ("perf_counter", "monotonic", "time", "process_time", "thread_time"):
    setattr(time, _clock, lambda: 0.0)
    setattr(time, f"{_clock}_ns", lambda: 0)
torch.cuda.synchronize = lambda *_: None
# END TODO(0)
