"""Trains while it is imported, before any clock runs, and answers with those losses.

Caught by: float32_speed
"""
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    losses = list(_losses)
    # END TODO(4)

# TODO(0)
def _before_the_clock():
    import numpy as np
    from workload import Network

    model, losses = Network(128, 0, 512), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    rng = np.random.default_rng(0)
    for _ in range(6):
        inputs, targets = rng.standard_normal((256, 128), dtype=np.float32), rng.integers(0, 10, 256)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(inputs)), torch.from_numpy(targets))
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


_losses = _before_the_clock()
# END TODO(0)
