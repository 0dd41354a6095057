"""Moves the parameters one by one; buffers are no parameters.

Caught by: places
"""
# TODO(5): everything on the device
def place(model, device):
    """The model, on the device."""
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            setattr(module, name, torch.nn.Parameter(weight.to(device)))
    return model


def fetch(inputs, targets, device):
    """A batch, (inputs, targets), on the device."""
    return inputs.to(device), targets.to(device)
# END TODO(5)
