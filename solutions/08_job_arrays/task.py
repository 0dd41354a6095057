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
    rng = np.random.default_rng([seed, index])
    # END TODO(1)
    return sample(rng)


def sample(rng):
    """Draw a configuration with a numpy Generator. All values are plain Python numbers, as JSON needs them."""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": _log_uniform(rng, *LEARNING_RATE),
        "weight_decay": _log_uniform(rng, *WEIGHT_DECAY),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }


def _log_uniform(rng, low, high):
    """A number whose logarithm is uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))
    # END TODO(2)


def task_index(environ):
    """The index of this array task, from an environment such as os.environ. RuntimeError outside a job array.

    The error's text names the variable that is missing, and the option of sbatch that sets it.
    """
    # TODO(3): which task of the array is this
    index = environ.get("SLURM_ARRAY_TASK_ID")
    if not index:
        raise RuntimeError("SLURM_ARRAY_TASK_ID is not set: start this as a job array, with sbatch --array=0-9%4")
    return int(index)
    # END TODO(3)


def save(folder, index, result):
    """Write the result of a configuration as JSON to experiment.result_path(folder, index).

    Whatever happens meanwhile, that file is the old one or the new one, whole. An error is not swallowed.
    """
    # TODO(4): a file of its own, replaced in one step
    path = experiment.result_path(folder, index)
    part = path.with_suffix(f".{os.uname().nodename}.{os.getpid()}.part")
    part.write_text(json.dumps(result))
    os.replace(part, path)
    # END TODO(4)


def collect(folder, indices):
    """Read the results of `indices`. Returns (results, failures), and each index is in one of the two.

    results: {index: result}, those that are done. failures: {index: why}, why is "missing" (no file), "corrupt"
    (experiment.is_result() denies it, or it is no JSON) or "failed" (the training raised an error).
    """
    results, failures = {}, {}
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        try:
            result = json.loads(experiment.result_path(folder, index).read_bytes())
        except FileNotFoundError:
            failures[index] = "missing"
            continue
        except ValueError:  # no JSON, or no text at all
            result = None
        if not experiment.is_result(result, index):
            failures[index] = "corrupt"
        elif result["status"] == "failed":
            failures[index] = "failed"
        else:
            results[index] = result
    # END TODO(5)
    return results, failures


def rerun(failures, limit):
    """The value of sbatch's --array that runs the indices in `failures` again, at most `limit` at a time.

    For example "3,7,9-12%4". Empty where nothing is to be run.
    """
    # TODO(6): only what is missing, and under the limit
    if not failures:
        return ""
    return ",".join(str(index) for index in sorted(failures)) + f"%{limit}"
    # END TODO(6)


def best(results):
    """The best configuration: (index, epoch, its test accuracy then). Epochs count from 0.

    `results` is {index: result}, with result["validation_loss"] and result["test_accuracy"], a number per epoch; a
    loss may be nan.
    """
    # TODO(7): choose by validation; the test is only reported
    losses = {
        (index, epoch): loss
        for index, result in results.items()
        for epoch, loss in enumerate(result["validation_loss"])
        if math.isfinite(loss)
    }
    index, epoch = min(losses, key=losses.get)
    return index, epoch, results[index]["test_accuracy"][epoch]
    # END TODO(7)


def pack(indices, startup_s, run_s, limit, longest_s):
    """Divide configurations among jobs: a list of lists of indices.

    A job takes startup_s, and run_s for each of its configurations; at most longest_s in all (that is more than
    startup_s + run_s). `limit` jobs run at a time, and none of these places is to stay empty while there is work.
    """
    # TODO(8): as few jobs as that allows, as even as can be
    fit = int((longest_s - startup_s) // run_s)
    count = max(min(limit, len(indices)), math.ceil(len(indices) / fit))
    return [list(indices[number::count]) for number in range(count)]
    # END TODO(8)


def run_job(indices, folder, seed):
    """What a job does: run the configurations `indices` of the search `seed`, and save each result.

    A result that is done holds "index", "config", "status": "done", and what experiment.train() returns. One whose
    training raised an error holds "index", "config", "status": "failed", and "error", the error as text.
    """
    finished = collect(folder, indices)[0]
    # TODO(9): leave out what is finished, and go on after an error
    data = experiment.load_data(seed)
    for index in indices:
        if index in finished:
            continue
        result = {"index": index, "config": configuration(seed, index)}
        try:
            result |= {"status": "done", **experiment.train(result["config"], data)}
        except Exception as error:
            result |= {"status": "failed", "error": repr(error)}
        save(folder, index, result)
    # END TODO(9)


def cost(jobs, prices):
    """What a search took from the allocation, in units.

    `jobs`: dicts with "state" as in Slurm's accounting, "gpus" (allocated), "type" of GPU, and "seconds" that they
    ran. `prices`: units of one GPU hour by type, such as {"T4": 0.35, "A100": 1.84}. KeyError for a type without price.
    """
    # TODO(10): the allocation pays for every job, by the hour and by the type
    return sum(job["seconds"] / 3600 * job["gpus"] * prices[job["type"]] for job in jobs)
    # END TODO(10)


def submit(executor, jobs, folder, seed, limit):
    """Submit run_job for each list of `jobs` as one job array, at most `limit` at a time. Returns submitit's jobs.

    `executor` is a submitit.AutoExecutor; time, account and GPUs are set already.
    """
    # TODO(11): one array, with its limit
    executor.update_parameters(slurm_array_parallelism=limit)
    return executor.map_array(run_job, jobs, [folder] * len(jobs), [seed] * len(jobs))
    # END TODO(11)
