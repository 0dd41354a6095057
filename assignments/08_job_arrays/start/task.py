"""Assignment 08: a random search as a job array. Edit between the TODO marks; the lesson is README.md.

Every function works as shipped, on a good day and for one job at a time. Check yourself:  pytest assignments/08
"""

import json
import math
import os
from pathlib import Path

import experiment
import numpy as np
from experiment import LAYERS, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, WIDTHS


def configuration(seed, index):
    """Configuration number `index` of the search `seed`: the same whenever and wherever it is asked for."""
    # TODO(1): random numbers that belong to this search and this index
    # As shipped they come from the system: a run again is another run.
    rng = np.random.default_rng()
    # END TODO(1)
    return sample(rng)


def sample(rng):
    """Draw a configuration with a numpy Generator. All values are plain Python numbers, as JSON needs them."""
    # TODO(2): spread the draws over the space as experiment.py says
    # Learning rate and weight decay log-uniform; momentum uniform; layers with both bounds; a width; and a seed for
    # the training, from 0 to 2**31 - 1: as shipped every training has the same.
    return {
        "learning_rate": rng.uniform(*LEARNING_RATE),
        "weight_decay": rng.uniform(*WEIGHT_DECAY),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(*LAYERS)),
        "width": WIDTHS[0],
        "seed": 0,
    }
    # END TODO(2)


def task_index(environ):
    """The index of this array task, from an environment such as os.environ. RuntimeError outside a job array.

    The error's text names the variable that is missing, and the option of sbatch that sets it. One that is set to an
    empty text is missing, too.
    """
    # TODO(3): which task of the array is this
    return int(environ.get("SLURM_ARRAY_TASK_ID", 0))
    # END TODO(3)


def save(folder, index, result):
    """Write the result of a configuration as JSON to experiment.result_path(folder, index).

    Whatever happens meanwhile, that file is the old one or the new one, whole. An error is not swallowed.
    """
    # TODO(4): a file of its own, replaced in one step
    # Many tasks write at the same time, on several nodes; a quota can be full, a job can be killed.
    with open(os.path.join(folder, "results.jsonl"), "a") as file:
        file.write(json.dumps(result) + "\n")
    # END TODO(4)


def collect(folder, indices):
    """Read the results of `indices`. Returns (results, failures), and each index is in one of the two.

    results: {index: result}, those that are done. failures: {index: why}, why is "missing" (no file), "corrupt"
    (experiment.is_result() denies it, or it is no JSON) or "failed" (the training raised an error).
    """
    results, failures = {}, {}
    # TODO(5): read every result, and name each that is not there
    # As shipped: what cannot be read is passed over.
    for index in indices:
        try:
            results[index] = json.loads(experiment.result_path(folder, index).read_text())
        except Exception:
            pass
    # END TODO(5)
    return results, failures


def rerun(failures, limit):
    """The value of sbatch's --array that runs the indices in `failures` again, at most `limit` at a time.

    For example "3,7,9-12%4". Empty where nothing is to be run.
    """
    # TODO(6): only what is missing, and under the limit
    return f"0-{max(failures, default=0)}"
    # END TODO(6)


def best(results):
    """The best configuration: (index, epoch, its test accuracy then). Epochs count from 0.

    `results` is {index: result}, with result["validation_loss"] and result["test_accuracy"], a number per epoch; a
    loss may be nan.
    """
    # TODO(7): choose by validation; the test is only reported
    index = max(results, key=lambda index: results[index]["test_accuracy"][-1])
    return index, experiment.EPOCHS - 1, results[index]["test_accuracy"][-1]
    # END TODO(7)


def pack(indices, startup_s, run_s, limit, longest_s):
    """Divide configurations among jobs: a list of lists of indices.

    A job takes startup_s, and run_s for each of its configurations; at most longest_s in all (that is more than
    startup_s + run_s). `limit` jobs run at a time, and none of these places is to stay empty while there is work.
    """
    # TODO(8): as few jobs as that allows, as even as can be
    # Rounding the number of jobs up to whole rounds of `limit` is right, too.
    return [[index] for index in indices]
    # END TODO(8)


def run_job(indices, folder, seed):
    """What a job does: run the configurations `indices` of the search `seed`, and save each result.

    A result that is done holds "index", "config", "status": "done", and what experiment.train() returns. One whose
    training raised an error holds "index", "config", "status": "failed", and "error", the error as text.
    """
    finished = collect(folder, indices)[0]
    # TODO(9): leave out what is finished, and go on after an error
    # What all configurations share needs loading once.
    for index in indices:
        data = experiment.load_data(seed)
        config = configuration(seed, index)
        history = experiment.train(config, data)
        save(folder, index, {"index": index, "config": config, "status": "done", **history})
    # END TODO(9)


def cost(jobs, prices):
    """What a search took from the allocation, in units.

    `jobs`: dicts with "state" as in Slurm's accounting, "gpus" (allocated), "type" of GPU, and "seconds" that they
    ran. `prices`: units of one GPU hour by type, such as {"T4": 0.35, "A100": 1.84}. KeyError for a type without price.
    """
    # TODO(10): the allocation pays for every job, by the hour and by the type
    return sum(job["seconds"] * job["gpus"] for job in jobs if job["state"] == "COMPLETED") / 60
    # END TODO(10)


def submit(executor, jobs, folder, seed, limit):
    """Submit run_job for each list of `jobs` as one job array, at most `limit` at a time. Returns submitit's jobs.

    `executor` is a submitit.AutoExecutor; time, account and GPUs are set already.
    """
    # TODO(11): one array, with its limit
    return [executor.submit(run_job, indices, folder, seed) for indices in jobs]
    # END TODO(11)
