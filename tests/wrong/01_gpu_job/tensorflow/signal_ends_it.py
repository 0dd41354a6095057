"""No handler: the signal ends the process where it stands.

Caught by: signal
"""
    # TODO(9): save now and then, and stop when asked to
    if path.exists():
        with np.load(path) as state:
            restore(run, dict(state))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(inputs, targets)
        if made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
    return True
    # END TODO(9)
