"""The losses are collected as they are: each holds on to its graph, and to what is in it.

Caught by: no_read_back
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    for inputs, targets in batches:
        inputs = torch.from_numpy(inputs).to(device, torch.float32)
        targets = torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss)
    # END TODO(4)
