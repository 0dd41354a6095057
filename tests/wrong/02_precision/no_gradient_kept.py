"""The fastest forward pass that there is: under no_grad() nothing is kept, and no backward pass can follow.

Caught by: saved_bytes
"""
    # TODO(2): run the model under autocast
    with torch.no_grad(), torch.autocast(inputs.device.type, dtype=dtype, enabled=dtype != torch.float32):
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
