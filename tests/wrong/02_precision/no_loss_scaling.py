"""The scaler is left out: in float16 small gradients become zero.

Caught by: survival
"""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    # END TODO(3)
