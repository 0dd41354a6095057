"""What the checks ask of the numbers of a search: index, runs again, choice, jobs, price. Reached as `choices`.

Functions that judge return the evidence of a pass and raise Failed.
"""

import itertools
import math
import re
import time

import numpy as np

from grader.verdict import Failed, NotMeasured

EPOCHS = 8  # as in experiment.py
SLURM_S = 60
"""Seconds within which an array of short tasks has to end."""

rng = np.random.default_rng()


# --- TODO(3): the index ----------------------------------------------------------------------------------------------


def index(worker):
    """Is the index that of the array task, and is there none outside an array?"""
    for value in (0, 7, int(rng.integers(8, 1000))):
        environ = {
            "SLURM_JOB_ID": "4711",
            "SLURM_ARRAY_TASK_ID": str(value),
            "SLURM_PROCID": "0",
            "SLURM_ARRAY_TASK_MIN": "0",
        }
        found, error = worker.call("index_in", environ)
        if found != value:
            said = error[:100] or f"task_index() answered {found!r}"
            raise Failed(
                f"With SLURM_ARRAY_TASK_ID={value}, {said}; expected {value}.", "Index 0 is a task, too." * (not value)
            )
    for environ in ({}, {"SLURM_JOB_ID": "4711", "SLURM_PROCID": "0"}, {"SLURM_ARRAY_TASK_ID": ""}):
        found, error = worker.call("index_in", environ)
        where = "in a job that is no array" if "SLURM_JOB_ID" in environ else "outside Slurm"
        if "SLURM_ARRAY_TASK_ID" in environ:
            where = "with SLURM_ARRAY_TASK_ID set to an empty text"
        if found is not None or not error:
            raise Failed(
                f"Started {where}, task_index() answered {found!r} instead of an error.",
                "It would run that one quietly.",
            )
        if "SLURM_ARRAY_TASK_ID" not in error or "--array" not in error:
            raise Failed(
                f"Started {where}, the error is: {error[:120]}",
                "It has to name SLURM_ARRAY_TASK_ID, and the option that sets it: sbatch --array.",
            )
    return f"the task's index in an array; else: {error[:100]}"


# --- TODO(6): run again ----------------------------------------------------------------------------------------------


def parse(expression):
    """The indices and the limit of a value of --array, in Slurm's syntax. Raises Failed."""
    found = re.fullmatch(r"(\d+(?:-\d+(?::\d+)?)?(?:,\d+(?:-\d+(?::\d+)?)?)*)(?:%(\d+))?", str(expression)[:9999])
    if not found:
        raise Failed(f"{str(expression)[:60]!r} is no value for --array, such as '3,7,9-12%4'.")
    indices = []
    for part in found[1].split(","):
        low, high, step = re.fullmatch(r"(\d+)(?:-(\d+))?(?::(\d+))?", part).groups()
        indices += itertools.islice(range(int(low), int(high or low) + 1, int(step or 1) or 1), 10_000)
    return indices, found[2] and int(found[2])


def failures(some=9, of=200):
    """Failed indices in no order, with neighbours among them: [[index, why]]."""
    first = int(rng.integers(1, of // 2))
    indices = {first, first + 1, first + 2, *map(int, rng.choice(of, some, replace=False))} - {0, of - 1}
    whys = ("missing", "corrupt", "failed")
    return [[int(i), whys[n % 3]] for n, i in enumerate(rng.permutation(sorted(indices)))]


def rerun(worker):
    """Does --array name what failed, and the limit?"""
    for limit in map(int, rng.choice(range(2, 30), 3, replace=False)):
        wanted = failures()
        expression = worker.call("rerun", wanted, limit)
        indices, said = parse(expression)
        expected = {index for index, _ in wanted}
        if more := sorted(set(indices) - expected):
            raise Failed(
                f"'{expression[:60]}' runs {len(more)} tasks again that are not among the failures: {more[0]} first."
            )
        if less := sorted(expected - set(indices)):
            raise Failed(f"'{expression[:60]}' leaves out {less[0]}: {dict(map(tuple, wanted))[less[0]]}.")
        if said != limit:
            raise Failed(f"'{expression[:60]}' has the limit {said or 'of the whole cluster'}; expected %{limit}.")
    if (empty := worker.call("rerun", [], 4)) != "":
        raise Failed(
            f"Where nothing failed, rerun() answered {empty!r}; expected an empty text: there is nothing to submit."
        )
    return f"{len(expected)} failures: --array={expression}"


def in_slurm(worker, slurm):
    """Give Slurm the value of --array with tasks that sleep: which run, and how many at a time?

    `slurm(*command)` runs a program of Slurm and answers its output; None where it refuses.
    """
    wanted, limit = failures(5, 100), 3
    expression = worker.call("rerun", wanted, limit)
    parse(expression)
    options = ("--time=1", "--output=/dev/null", "--wrap=sleep 1")
    if slurm("sbatch", "--test-only", "--array=0-1%1", *options) is None:
        raise NotMeasured("Slurm takes no array at all.", next="set SBATCH_ACCOUNT and what else sbatch asks for")
    if (job := slurm("sbatch", "--parsable", f"--array={expression}", *options)) is None:
        raise Failed(f"sbatch refuses --array={expression[:60]}.")
    most, ran, end = 0, set(), time.monotonic() + SLURM_S
    while time.monotonic() < end:
        states = [line.split() for line in (slurm("squeue", "-hr", "-tall", "-j", job, "-o%K %T") or "").splitlines()]
        running = [int(index) for index, state in states if state == "RUNNING"]
        most, ran = max(most, len(running)), ran | set(running)
        if states and all(state == "COMPLETED" for _, state in states):
            break
        time.sleep(0.1)
    else:
        slurm("scancel", job)
        raise NotMeasured(f"The array did not end within {SLURM_S} s.", next="run it where the queue is empty")
    done = {int(index) for index, _ in states}
    if most > limit or done != {index for index, _ in wanted}:
        raise Failed(f"--array={expression[:60]}: Slurm ran {len(done)} tasks, {most} at a time.")
    return f"--array={expression}: {len(done)} tasks ran, {most} at a time"


# --- TODO(7): choose -------------------------------------------------------------------------------------------------


def results():
    """Results as [index, result] for which every wrong rule gives another answer; nan travels as None."""
    losses, right = rng.uniform(0.5, 1.0, (8, EPOCHS)), rng.uniform(0.3, 0.8, (8, EPOCHS))
    diverged = 0  # nan comes first: min() keeps it
    best, last, test, lucky = map(int, 1 + rng.permutation(7)[:4])
    epoch = int(rng.integers(1, EPOCHS - 2))
    losses[best, epoch], losses[last, -1] = 0.2, 0.3
    right[test, -1], right[lucky, 2] = 0.93, 0.97
    losses[diverged] = np.nan
    indices = np.sort(rng.choice(100, 8, replace=False))
    whole = [
        {"validation_loss": [None if math.isnan(x) else x for x in row], "test_accuracy": accuracies}
        for row, accuracies in zip(losses.tolist(), right.tolist(), strict=True)
    ]
    picks = {
        "the best test accuracy of any epoch": lucky,
        "the test accuracy of the last epoch": test,
        "the validation loss of the last epoch": last,
    }
    return (
        [[int(i), r] for i, r in zip(indices, whole, strict=True)],
        int(indices[best]),
        epoch,
        {int(indices[i]): why for why, i in picks.items()},
    )


def best(worker):
    """Is the choice that of the lowest validation loss, and the test accuracy that of the same epoch?"""
    for _ in range(12):
        given, index, epoch, wrong = results()
        found = worker.call("best", given)
        accuracy = dict(map(tuple, given))[index]["test_accuracy"][epoch]
        if found[0] != index:
            why = (
                f"It has {wrong[found[0]]}."
                if found[0] in wrong
                else "Often: nan, which is neither below nor above a number."
            )
            raise Failed(f"Index {index} has the lowest validation loss; best() answered {found[0]}.", why)
        if found[1] != epoch:
            raise Failed(
                f"Index {index} was best in epoch {epoch}; best() answered {found[1]}.", "Epochs count from 0."
            )
        if found[2] != accuracy:
            raise Failed(
                f"The test accuracy of epoch {epoch} is {accuracy:.3f}; best() answered {found[2]:.3f}.",
                "The best of the test accuracies, or the last, is not that of the model that was chosen.",
            )
    return "12 searches: lowest finite validation loss of any epoch; the test of that epoch"


# --- TODO(8): pack ---------------------------------------------------------------------------------------------------


def pack(worker):
    """Are jobs few, even, not too long, and as many as there are places?"""
    cases = [
        (100, 60, 30, 4, 3600),
        (1000, 90, 60, 8, 4 * 3600),
        (7, 60, 30, 3, 3600),
        (3, 60, 30, 8, 3600),
        (1, 60, 30, 4, 3600),
    ]
    cases += [
        (int(rng.integers(50, 500)), 60, int(rng.integers(20, 300)), int(rng.integers(2, 17)), 3600) for _ in range(6)
    ]
    for count, startup_s, run_s, limit, longest_s in cases:
        indices = sorted(map(int, rng.choice(5000, count, replace=False)))
        jobs = worker.call("pack", indices, startup_s, run_s, limit, longest_s)
        _packed(jobs, indices, startup_s, run_s, limit, longest_s)
    return f"{len(cases)} searches; the last: {count} configurations in {len(jobs)} jobs, {limit} at a time"


def _packed(jobs, indices, startup_s, run_s, limit, longest_s):
    case = (
        f"{len(indices)} configurations of {run_s} s, {startup_s} s to start, at most {longest_s} s, {limit} at a time"
    )
    found = [index for job in jobs for index in job]
    if lost := len(set(indices) - set(found)):
        raise Failed(f"{case}: {lost} are in no job.", "Often: whole numbers round down, and the remainder is lost.")
    if sorted(found) != indices:
        raise Failed(f"{case}: {len(found)} are in the jobs; some are there twice, or were not asked for.")
    sizes = [len(job) for job in jobs]
    longest = startup_s + max(sizes) * run_s
    needed = -(-len(indices) // ((longest_s - startup_s) // run_s))  # rounded up
    least = min(max(needed, limit), len(indices))
    if longest > longest_s:
        raise Failed(f"{case}: a job takes {longest} s.", "Slurm ends it, and what it has not saved is lost.")
    if 0 in sizes:
        raise Failed(f"{case}: a job has nothing to do.")
    if len(jobs) < min(limit, len(indices)):
        raise Failed(f"{case}: {len(jobs)} jobs leave places empty.")
    if len(jobs) > min(math.ceil(least / limit) * limit, len(indices)):
        raise Failed(
            f"{case}: {len(jobs)} jobs, where {least} are enough.",
            f"{len(jobs) - least} more starts, {startup_s} s each.",
        )
    if max(sizes) - min(sizes) > 1:
        raise Failed(
            f"{case}: the jobs have {min(sizes)} to {max(sizes)} each.", "The search takes as long as its longest job."
        )


# --- TODO(10): cost --------------------------------------------------------------------------------------------------


def cost(worker):
    """Does the cost count every job, its GPUs, hours, and the price of their type?"""
    prices = {"T4": 0.35, "A40": 1.0, "V100": 1.31, "A100": 1.84}  # Alvis, C3SE
    states = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "NODE_FAIL")
    jobs = [
        {
            "state": states[i % 6],
            "gpus": int(rng.integers(1, 5)),
            "type": str(rng.choice(list(prices))),
            "seconds": int(rng.integers(60, 9000)),
        }
        for i in range(24)
    ]
    hours = [job["gpus"] * job["seconds"] / 3600 for job in jobs]
    units = [h * prices[job["type"]] for h, job in zip(hours, jobs, strict=True)]
    found, error = worker.call("cost", jobs, prices)
    likely = {
        "GPU hours: the type has its price.": sum(hours),
        "Jobs that failed are paid for, too.": sum(
            u for u, job in zip(units, jobs, strict=True) if job["state"] == "COMPLETED"
        ),
        "A price is for an hour, not for a second.": 3600 * sum(units),
        "A price is for an hour, not for a minute.": 60 * sum(units),
        "A job has several GPUs.": sum(u / job["gpus"] for u, job in zip(units, jobs, strict=True)),
    }
    if found is None or not math.isclose(found, sum(units), rel_tol=1e-6):
        why = next(
            (w for w, value in likely.items() if found is not None and math.isclose(found, value, rel_tol=1e-6)), ""
        )
        raise Failed(f"24 jobs took {sum(units):.2f} units; cost() answered {error or round(found, 2)}.", why)
    found, error = worker.call("cost", [{**jobs[0], "type": "H100"}], prices)
    if error != "KeyError":
        raise Failed(
            f"A GPU without a price: cost() answered {error or round(found, 2)}; expected a KeyError.",
            "A guess would look like a fact.",
        )
    return f"24 jobs: {sum(units):.2f} units, {sum(hours):.2f} GPU hours"
