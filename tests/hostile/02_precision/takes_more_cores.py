"""As slow as shipped, on all cores of the machine: it undoes the choice of one core for both sides.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    os.sched_setaffinity(0, range(os.cpu_count()))
    torch.set_num_threads(os.cpu_count())
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
# END TODO(0)
