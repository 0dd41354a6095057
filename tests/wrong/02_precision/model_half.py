"""model.half(), as in recipes for inference.

Caught by: state
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    model.half()
    for inputs, targets in batches:
        inputs = torch.from_numpy(inputs).to(device, torch.float16)
        targets = torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    # END TODO(4)
