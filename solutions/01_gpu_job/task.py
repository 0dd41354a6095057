"""Assignment 01: a training that survives the end of its job. TODO(1) to (3) are in job.sh.

Edit between the TODO marks. Every function works as shipped, on a CPU and until something goes wrong. The lesson is
README.md; check yourself at any time:  pytest assignments/01
"""

import math
import os
import random
import signal

import numpy as np
import torch

# --- the device --------------------------------------------------------------------------------------------------


def choose_device(wanted):
    """The torch.device to train on: "cuda", "cpu" or another name. Raises RuntimeError for a GPU that is not there."""
    # TODO(4): no silent fallback
    device = torch.device(wanted)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(f"{wanted} was asked for, and PyTorch {torch.__version__} sees no GPU: is this a GPU job?")
    return device
    # END TODO(4)


# TODO(5): everything on the device
def place(model, device):
    """The model, on the device."""
    return model.to(device)


def fetch(inputs, targets, device):
    """A batch, (inputs, targets), on the device."""
    return inputs.to(device), targets.to(device)
# END TODO(5)


# --- the checkpoint ----------------------------------------------------------------------------------------------


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
    torch.set_rng_state(state["torch"])
    torch.cuda.set_rng_state_all(state["gpus"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
# END TODO(6)


def write(state, path):
    """Write a snapshot to `path`, so that at any time there is a complete checkpoint, the old or the new one.

    Of several processes only rank 0 writes: torchrun numbers them in RANK, srun in SLURM_PROCID; torchrun started by
    srun sets both, and then RANK is the one that counts. Without either there is one process.
    """
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    with open(unfinished, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # else the new name may reach the disk before the contents do
    os.replace(unfinished, path)
    # END TODO(7)


def steps_between(step_s, save_s, failure_s):
    """After how many steps to save, so that as little time as possible is lost.

    `step_s`: seconds of a step; `save_s`: seconds that a save takes; `failure_s`: mean seconds between two failures.
    """
    # TODO(8): how often
    return max(1, round(math.sqrt(2 * save_s * failure_s) / step_s))
    # END TODO(8)


# --- the training ------------------------------------------------------------------------------------------------


def train(run, path, every):
    """Train until `run` is complete, from the checkpoint at `path` on if there is one; save after every `every` steps.

    At SIGUSR1 or SIGTERM the step that is being made is completed, a checkpoint is written, and nothing more is done.
    Returns whether the run is complete; then its last state is at `path`, too.
    """
    # TODO(9): save now and then, and stop when asked to
    asked = []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))  # only a note: the step is in the middle of something
    if path.exists():
        restore(run, torch.load(path, map_location="cpu", weights_only=True))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(*fetch(inputs, targets, run.device))
        if asked or made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
        if asked:
            return False
    return True
    # END TODO(9)
