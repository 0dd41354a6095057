"""Stops at the end of the epoch: in a real training that is long after the limit.

Caught by: signal
"""
    # TODO(9): save now and then, and stop when asked to
    asked = []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # only a note: the step is in the middle of something
    if path.exists():
        with np.load(path) as state:
            restore(run, dict(state))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(inputs, targets)
        if asked or made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
        if asked and run.position == 0:
            return False
    return True
    # END TODO(9)
