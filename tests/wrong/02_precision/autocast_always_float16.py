"""The format is a literal, copied from a tutorial: whoever asks for bfloat16 gets float16.

Caught by: products
"""
    # TODO(2): run the model under autocast
    with torch.autocast(inputs.device.type, dtype=torch.float16, enabled=dtype != torch.float32):
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
