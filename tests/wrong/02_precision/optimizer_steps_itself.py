"""The optimizer's own step() after unscale_(): a step whose gradients overflowed is made all the same.

Caught by: overflow
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    scaler.update()
    # END TODO(3)
