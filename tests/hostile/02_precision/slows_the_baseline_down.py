"""As slow as shipped, and leaves processes behind that keep the cores busy from the moment that its own has ended.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    _leave_behind()
    model.double()
    for inputs, targets in batches:
        inputs, targets = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)

# TODO(0)
import os
import time


def _leave_behind():
    parent = os.getpid()
    for _ in range(4):
        child = os.fork()
        if child == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            os.closerange(0, 256)
            while os.path.exists(f"/proc/{parent}"):
                time.sleep(0.02)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                pass
            os._exit(0)
        os.waitpid(child, 0)
# END TODO(0)
