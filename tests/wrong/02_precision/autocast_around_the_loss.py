"""The model is called before the block; what is in it stays float32 under autocast anyway.

Caught by: products
"""
    # TODO(2): run the model under autocast
    logits = model(inputs)
    with torch.autocast(inputs.device.type, dtype=dtype, enabled=dtype != torch.float32):
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
