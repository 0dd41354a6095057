"""The scale is divided out by hand, and nobody looks for inf.

Caught by: overflow
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scale = scaler.get_scale()
    (loss * scale).backward()
    for weight in model.parameters():
        weight.grad /= scale
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    # END TODO(3)
