"""The generator itself: np.savez pickles it, and np.load has to be told to run pickles.

Caught by: plain
"""
# TODO(6): the whole state
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened: arrays, numbers and strings, by name."""
    state = {f"variable {number}": variable.numpy() for number, variable in enumerate(all_variables(run))}
    where = {"epoch": run.epoch, "position": run.position}
    return {**state, **where, "rng": np.array(run.rng, dtype=object)}


def restore(run, state):
    """Put a snapshot into a new run. Everything in it is an array now, a number or string of no dimensions as well."""
    for number, variable in enumerate(all_variables(run)):
        variable.assign(state[f"variable {number}"])
    run.epoch, run.position = int(state["epoch"]), int(state["position"])
    run.rng = state["rng"].item()


def all_variables(run):
    """Weights, the random state of the dropout, the optimizer's steps and moments."""
    optimizer = run.model.optimizer
    if not optimizer.built:  # a new one makes its moments in its first step
        optimizer.build(run.model.trainable_variables)
    return [*run.model.variables, *optimizer.variables]
# END TODO(6)
    # TODO(9): save now and then, and stop when asked to
    asked = []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # only a note: the step is in the middle of something
    if path.exists():
        with np.load(path, allow_pickle=True) as state:
            restore(run, dict(state))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(inputs, targets)
        if asked or made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
        if asked:
            return False
    return True
    # END TODO(9)
