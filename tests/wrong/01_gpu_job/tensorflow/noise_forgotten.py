"""The generator of the noise is not restored.

Caught by: continues
"""
# TODO(6): the whole state
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened: arrays, numbers and strings, by name."""
    state = {f"variable {number}": variable.numpy() for number, variable in enumerate(all_variables(run))}
    where = {"epoch": run.epoch, "position": run.position}
    return {**state, **where, "rng": json.dumps(run.rng.bit_generator.state)}


def restore(run, state):
    """Put a snapshot into a new run. Everything in it is an array now, a number or string of no dimensions as well."""
    for number, variable in enumerate(all_variables(run)):
        variable.assign(state[f"variable {number}"])
    run.epoch, run.position = int(state["epoch"]), int(state["position"])


def all_variables(run):
    """Weights, the random state of the dropout, the optimizer's steps and moments."""
    optimizer = run.model.optimizer
    if not optimizer.built:  # a new one makes its moments in its first step
        optimizer.build(run.model.trainable_variables)
    return [*run.model.variables, *optimizer.variables]
# END TODO(6)
