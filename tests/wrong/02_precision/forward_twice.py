"""Float32 for the loss, taken literally: the model runs once more without autocast. Nothing is saved, and it is slower.

Caught by: saved_bytes, loss_float32, mixed_speed
"""
    # TODO(2): run the model under autocast
    with torch.autocast(inputs.device.type, dtype=dtype, enabled=dtype != torch.float32):
        logits = model(inputs)
    loss = nn.functional.cross_entropy(model(inputs), targets)
    # END TODO(2)
