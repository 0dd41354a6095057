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
    # As it is, a job whose GPU is missing trains on the CPU, many times slower, until its time is up.
    return torch.device(wanted if torch.cuda.is_available() else "cpu")
    # END TODO(4)


# TODO(5): everything on the device
# As it is, nothing moves: a GPU job would train on the CPU. Called once with the model, before the optimizer is made,
# and with every batch.
def place(model, device):
    """The model, on the device."""
    return model


def fetch(inputs, targets, device):
    """A batch, (inputs, targets), on the device."""
    return inputs, targets
# END TODO(5)


# --- the checkpoint ----------------------------------------------------------------------------------------------


# TODO(6): the whole state
# As it is, only the weights are kept. `run` is a train.Run: see there what else it has, and where its random numbers
# come from. Tensors, numbers, strings, and lists, tuples and dicts of these: nothing else, no NumPy arrays.
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened."""
    return {"model": run.model.state_dict()}


def restore(run, state):
    """Put a snapshot into a new run."""
    run.model.load_state_dict(state["model"])
# END TODO(6)


def write(state, path):
    """Write a snapshot to `path`, so that at any time there is a complete checkpoint, the old or the new one.

    Of several processes only rank 0 writes: torchrun numbers them in RANK, srun in SLURM_PROCID; torchrun started by
    srun sets both, and then RANK is the one that counts. Without either there is one process.
    """
    # TODO(7): all or nothing, and once
    # As it is, the old checkpoint is gone as soon as the new one is begun, and all ranks write at the same time.
    with open(path, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # wait until it is on the disk
    # END TODO(7)


def steps_between(step_s, save_s, failure_s):
    """After how many steps to save, so that as little time as possible is lost.

    `step_s`: seconds of a step; `save_s`: seconds that a save takes; `failure_s`: mean seconds between two failures.
    """
    # TODO(8): how often
    # As it is, nothing is ever lost, and most of the time is spent on saving.
    return 1
    # END TODO(8)


# --- the training ------------------------------------------------------------------------------------------------


def train(run, path, every):
    """Train until `run` is complete, from the checkpoint at `path` on if there is one; save after every `every` steps.

    At SIGUSR1 or SIGTERM the step that is being made is completed, a checkpoint is written, and nothing more is done.
    Returns whether the run is complete; then its last state is at `path`, too.
    """
    # TODO(9): save now and then, and stop when asked to
    # As it is, a signal ends the process where it stands, and every step waits for the disk.
    if path.exists():
        restore(run, torch.load(path, map_location="cpu", weights_only=True))
    for inputs, targets in run.batches():
        run.step(*fetch(inputs, targets, run.device))
        write(snapshot(run), path)
    return True
    # END TODO(9)
