"""The three lines of the shortest recipe with clipping set between them: step() takes the scale out too late.

Caught by: clip
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    scaler.scale(loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    scaler.step(optimizer)
    scaler.update()
    # END TODO(3)
