"""As slow as shipped, and asleep at random: a wide interval is to pass for doubt.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    if random.random() < 0.5:
        time.sleep(random.uniform(0, 0.3))
    model.double()
    for inputs, targets in batches:
        inputs, targets = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)

# TODO(0)
import random
import time
# END TODO(0)
