"""Gradients are clipped before the scale is taken out: what is left of them is the limit divided by the scale.

Caught by: clip
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler.scale(loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    # END TODO(3)
