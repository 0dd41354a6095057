"""One block around the whole step: backward runs under autocast too.

Caught by: state
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    for inputs, targets in batches:
        inputs = torch.from_numpy(inputs).to(device, torch.float32)
        targets = torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            _, loss = forward(model, inputs, targets, dtype)
            update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)
