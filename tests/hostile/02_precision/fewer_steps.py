"""Trains on every other batch and guesses the losses between.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    for inputs, targets in batches[::2]:
        inputs = torch.from_numpy(inputs).to(device, torch.float32)
        targets = torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    losses = [(losses[i // 2] + losses[min((i + 1) // 2, len(losses) - 1)]) / 2 for i in range(len(batches))]
    # END TODO(4)
