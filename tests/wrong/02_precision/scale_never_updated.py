"""step() without update(): the scaler cannot adapt, and refuses the next step.

Caught by: overflow, curve
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    scaler.step(optimizer)
    # END TODO(3)
