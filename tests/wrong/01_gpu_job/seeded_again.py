"""Seeds all generators when it goes on: the numbers are others than those that would have come.

Caught by: continues
"""
# TODO(6): the whole state
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened."""
    kind, keys, *rest = np.random.get_state()
    return {
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "scheduler": run.scheduler.state_dict(),
        "epoch": run.epoch,
        "position": run.position,
        "torch": torch.get_rng_state(),
        "gpus": torch.cuda.get_rng_state_all(),
        "numpy": (kind, keys.tolist(), *rest),
        "python": random.getstate(),
    }


def restore(run, state):
    """Put a snapshot into a new run."""
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.scheduler.load_state_dict(state["scheduler"])
    run.epoch, run.position = state["epoch"], state["position"]
    torch.manual_seed(run.epoch)
    torch.cuda.set_rng_state_all(state["gpus"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
# END TODO(6)
