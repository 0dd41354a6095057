"""autocast's own default on a CPU is bfloat16, on a GPU float16: what was asked for is not passed on.

Caught by: products
"""
    # TODO(2): run the model under autocast
    with torch.autocast(inputs.device.type, enabled=dtype != torch.float32):
        logits = model(inputs)
        loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
