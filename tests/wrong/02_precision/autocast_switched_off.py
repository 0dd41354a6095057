"""`enabled` is the wrong way round: autocast is off where it is asked for.

Caught by: products
"""
    # TODO(2): run the model under autocast
    with torch.autocast(inputs.device.type, dtype=dtype, enabled=dtype == torch.float32):
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
