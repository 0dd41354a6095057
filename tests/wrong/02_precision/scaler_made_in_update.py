"""A scaler of its own for every step: it forgets what it learned, and the one that was passed does nothing.

Caught by: overflow
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler = torch.amp.GradScaler(loss.device.type)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    scaler.step(optimizer)
    scaler.update()
    # END TODO(3)
