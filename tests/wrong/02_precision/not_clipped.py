"""The shortest recipe for loss scaling; the clipping that was there is gone.

Caught by: clip
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    # END TODO(3)
