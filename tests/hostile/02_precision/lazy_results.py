"""Returns promises: the training runs when somebody looks at a loss.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    losses = [_Promise.of(i, model, optimizer, scaler, batches, dtype) for i in range(len(batches))]
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


class _Promise(torch.Tensor):
    kept = []

    @staticmethod
    def of(index, *training):
        promise = torch.zeros(()).as_subclass(_Promise)
        promise.index, promise.training = index, training
        return promise

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), options=None):
        if function is torch.Tensor.detach:
            promise = arguments[0]
            if promise.index == 0:
                _Promise.kept = _honestly(*promise.training)
            return _Promise.kept[promise.index]
        return super().__torch_function__(function, types, arguments, options or {})
# END TODO(0)
