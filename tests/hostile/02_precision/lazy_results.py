"""Returns promises: the training runs when somebody looks at a loss.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    losses = [_Promise(i, model, optimizer, scaler, batches, dtype) for i in range(len(batches))]
    # END TODO(4)

# TODO(0)
def _honestly(model, optimizer, scaler, batches, dtype):
    model.double()
    losses = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        _, loss = forward(model, torch.from_numpy(inputs), torch.from_numpy(targets), dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.detach())
    return losses


class _Promise:
    kept = []

    def __init__(self, index, *training):
        self.index, self.training = index, training

    def __array__(self, *_, **__):
        if self.index == 0:
            _Promise.kept = _honestly(*self.training)
        return _Promise.kept[self.index].numpy()

    def __len__(self):
        return 0
# END TODO(0)
