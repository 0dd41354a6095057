"""NumPy's state as it is, with its array: weights_only=True refuses it, so all safety is switched off.

Caught by: plain
"""
# TODO(6): the whole state
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened."""
    return {
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "scheduler": run.scheduler.state_dict(),
        "epoch": run.epoch,
        "position": run.position,
        "torch": torch.get_rng_state(),
        "gpus": torch.cuda.get_rng_state_all(),
        "numpy": np.random.get_state(),
        "python": random.getstate(),
    }


def restore(run, state):
    """Put a snapshot into a new run."""
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.scheduler.load_state_dict(state["scheduler"])
    run.epoch, run.position = state["epoch"], state["position"]
    torch.set_rng_state(state["torch"])
    torch.cuda.set_rng_state_all(state["gpus"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
# END TODO(6)
    # TODO(9): save now and then, and stop when asked to
    asked = []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # only a note: the step is in the middle of something
    if path.exists():
        restore(run, torch.load(path, map_location="cpu", weights_only=False))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(*fetch(inputs, targets, run.device))
        if asked or made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
        if asked:
            return False
    return True
    # END TODO(9)
