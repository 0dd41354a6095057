"""Gradients of all steps so far are added up.

Caught by: curve
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    for inputs, targets in batches:
        inputs = torch.from_numpy(inputs).to(device, torch.float32)
        targets = torch.from_numpy(targets).to(device)
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)
