"""The epoch is saved, the batches of the next one that are done are not.

Caught by: anywhere
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
    run.epoch, _ = state["epoch"], state["position"]
    torch.set_rng_state(state["torch"])
    torch.cuda.set_rng_state_all(state["gpus"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
# END TODO(6)
