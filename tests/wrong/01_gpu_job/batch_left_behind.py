"""The model is moved, the batches are not: for tensors, to() answers another one, which nobody keeps here.

Caught by: places
"""
# TODO(5): everything on the device
def place(model, device):
    """The model, on the device."""
    return model.to(device)


def fetch(inputs, targets, device):
    """A batch, (inputs, targets), on the device."""
    for part in (inputs, targets):
        part.to(device)
    return inputs, targets
# END TODO(5)
