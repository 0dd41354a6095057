"""The first stage waits for the last as well: a ring in which nobody begins.

Caught by: pipeline
"""
    # TODO(7): pass it on
    hidden = stage.room(ids)
    dist.recv(hidden, src=(rank - 1) % ranks)
    if rank == 0:
        hidden = stage.embed(ids)
    hidden = stage.layers(hidden)
    dist.send(hidden.contiguous(), dst=(rank + 1) % ranks)
    return stage.head(hidden) if rank == ranks - 1 else None
    # END TODO(7)
