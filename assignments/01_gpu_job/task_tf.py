"""Assignment 01: a training that survives the end of its job, TensorFlow. TODO(1) to (3) are in job_tf.sh.

Edit between the TODO marks. Every function works as shipped, on a CPU and until something goes wrong. The lesson is
README.md; check yourself at any time:  pytest assignments/01/test_tf.py
"""

import json
import math
import os
import signal

import numpy as np
import tensorflow as tf

# --- the device --------------------------------------------------------------------------------------------------


def choose_device(wanted):
    """Name of the device to train on, "/GPU:0" for "GPU", "/CPU:0" for "CPU".

    Raises RuntimeError for a GPU that is not there.
    """
    # TODO(4): no silent fallback
    # As it is, TensorFlow takes the CPU when there is no GPU of that name, and says nothing.
    return f"/{wanted}:0"
    # END TODO(4)


def place(make_model, device):
    """The compiled model that `make_model()` makes, with all its variables on `device`."""
    # TODO(5): everything on the device
    # As it is, TensorFlow picks the device: the first GPU if it sees one. That is not always the one you mean.
    return make_model()
    # END TODO(5)


# --- the checkpoint ----------------------------------------------------------------------------------------------


# TODO(6): the whole state
# As it is, only the weights are kept. `run` is a train_tf.Run: see there what else it has, and where its random numbers
# come from. A model lists all that changes in `variables`, its optimizer too, once it is built.
def snapshot(run):
    """All that a new process needs to go on as if nothing had happened: arrays, numbers and strings, by name."""
    return {f"weight {number}": weight for number, weight in enumerate(run.model.get_weights())}


def restore(run, state):
    """Put a snapshot into a new run. Everything in it is an array now, a number or string of no dimensions as well."""
    run.model.set_weights([state[f"weight {number}"] for number in range(len(state))])
# END TODO(6)


def write(state, path):
    """Write a snapshot to `path`, so that at any time there is a complete checkpoint, the old or the new one.

    Of several processes only rank 0 writes: srun numbers them in SLURM_PROCID, other launchers in RANK; where both are
    set, RANK is the one that counts. Without either there is one process.
    """
    # TODO(7): all or nothing, and once
    # As it is, the old checkpoint is gone as soon as the new one is begun, and all ranks write at the same time.
    with open(path, "wb") as file:
        np.savez(file, **state)
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
        with np.load(path) as state:
            restore(run, dict(state))
    for inputs, targets in run.batches():
        run.step(inputs, targets)
        write(snapshot(run), path)
    return True
    # END TODO(9)
