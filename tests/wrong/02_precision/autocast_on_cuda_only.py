"""The device is a literal: where the inputs are on another one, nothing is rounded and only a warning is printed.

Caught by: products
"""
    # TODO(2): run the model under autocast
    with torch.autocast("cuda", dtype=dtype):
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
