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
    if wanted == "GPU" and not tf.config.list_physical_devices("GPU"):
        raise RuntimeError(f"a GPU was asked for, and TensorFlow {tf.__version__} sees none: is this a GPU job?")
    return f"/{wanted}:0"
    # END TODO(4)


def place(make_model, device):
    """The compiled model that `make_model()` makes, with all its variables on `device`."""
    # TODO(5): everything on the device
    with tf.device(device):
        return make_model()
    # END TODO(5)


# --- the checkpoint ----------------------------------------------------------------------------------------------


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
    run.rng.bit_generator.state = json.loads(str(state["rng"]))


def all_variables(run):
    """Weights, the random state of the dropout, the optimizer's steps and moments."""
    optimizer = run.model.optimizer
    if not optimizer.built:  # a new one makes its moments in its first step
        optimizer.build(run.model.trainable_variables)
    return [*run.model.variables, *optimizer.variables]
# END TODO(6)


def write(state, path):
    """Write a snapshot to `path`, so that at any time there is a complete checkpoint, the old or the new one.

    Of several processes only rank 0 writes: srun numbers them in SLURM_PROCID, other launchers in RANK; where both are
    set, RANK is the one that counts. Without either there is one process.
    """
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    with open(unfinished, "wb") as file:
        np.savez(file, **state)
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
        with np.load(path) as state:
            restore(run, dict(state))
    for made, (inputs, targets) in enumerate(run.batches(), 1):
        run.step(inputs, targets)
        if asked or made % every == 0 or run.epoch == run.epochs:
            write(snapshot(run), path)
        if asked:
            return False
    return True
    # END TODO(9)
