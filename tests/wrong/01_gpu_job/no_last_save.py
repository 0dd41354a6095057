"""Saved at the intervals only: the steps after the last one are in no checkpoint when the training is complete.

Caught by: anywhere
"""
    # TODO(9): save now and then, and stop when asked to
    asked = []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # only a note: the step is in the middle of something
    if path.exists():
        restore(run, torch.load(path, map_location="cpu", weights_only=True))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(*fetch(inputs, targets, run.device))
        if asked or made % every == 0:
            write(snapshot(run), path)
        if asked:
            return False
    return True
    # END TODO(9)
