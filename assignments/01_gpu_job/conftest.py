"""Fixtures of both frameworks' checks; what they judge with is in judging.py, writing.py, choices.py and scripts.py."""

import contextlib
import functools
import itertools
import os
import shutil
import statistics
import time

import numpy as np
import pytest

from grader import core_use, floor, machine, measure
from grader.bench import SIDE
from grader.verdict import Failed, NotMeasured
from grader.worker import limits

PARTS = {
    "torch": {
        "optimizer": "the optimizer's state",
        "scheduler": "the state of the scheduler",
        "PyTorch": "PyTorch's random state",
        "NumPy": "NumPy's random state",
        "Python": "the state of Python's random",
    },
    "tensorflow": {
        "optimizer": "the optimizer's state",
        "Keras": "the random state of the dropout",
        "NumPy": "the state of run.rng",
    },
}
"""What a restart can forget, by framework; the names are those that the given code knows."""
HELD_S = 0.05


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def writing(given):
    """The functions of writing.py."""
    return given("writing")


@pytest.fixture
def scripts(given):
    """The functions of scripts.py."""
    return given("scripts")


@pytest.fixture
def make_trial(request, folder, judge):
    """Make a training with a seed and a folder of its own."""
    framework = request.node.stash[SIDE].framework
    suffix = {"torch": ".pt", "tensorflow": ".npz"}[framework]

    def make(path=None, **options):
        return judge.Trial(path or folder(writable=True) / "run", suffix, PARTS[framework], **options)

    return make


@pytest.fixture
def start_worker(submission):
    """Start a process of the hand-in's. One thread: sums come out the same in every process."""
    return functools.partial(submission.worker, threads=1)


@pytest.fixture
def alone(baseline):
    """A trusted process, for undisturbed trainings."""
    return baseline.worker(threads=1)


@pytest.fixture
def race_trainings(race, submission, baseline, make_trial, folder):
    """Race trainings that save: the start's, which saves after every step, against the hand-in's. On one core.

    Every open of a file in their folder is held for HELD_S seconds, as on a parallel filesystem that is busy.
    """

    def run(entry, every, **options):
        cores = tuple(machine.cores()[:1])
        use = core_use.CoreUse(1)

        @contextlib.contextmanager
        def lane(runner):
            mine = runner is submission
            place, count = _owned(folder(writable=True), mine), itertools.count()
            with runner.worker(cores=cores, threads=1, watch=place, hold_s=HELD_S) as worker:

                def call(trial):
                    trial = make_trial(place / f"run{next(count)}", **trial.options)
                    if not mine:
                        return trial.timed(worker, every, entry)
                    worker.io.reset()
                    answer = use.timed(worker, lambda: trial.timed(worker, every, entry))
                    trial.judge_saved(answer[0][1], worker.opens().opens, every)
                    return answer

                yield call

        def agree(expected, found):
            if not all(map(np.array_equal, expected, found)):
                raise Failed("The timed training has other losses or weights than the start's.")
            use.judge()

        operations = make_trial(**options).operations
        with measure.when_lost(lambda: _require_quick_disk(folder(writable=True))):
            return race.run(
                lambda: lane(baseline),
                lambda: lane(submission),
                lambda: make_trial(**options),
                agree=agree,
                floor=floor.arithmetic(operations, "float32", 1),
                one_core=True,
            )

    return run


def _require_quick_disk(place):
    """Raise NotMeasured where to save safely, with fsync, takes longer than what makes saving dear here."""
    seconds = []
    for number in range(5):
        with (place / f"probe{number}").open("wb") as file:
            file.write(os.urandom(1 << 20))
            start = time.perf_counter()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - start)
    if (typical := statistics.median(seconds)) > HELD_S:
        raise NotMeasured(
            f"This disk takes {typical * 1000:.0f} ms to write 1 MiB for good (fsync), too long to tell a gain.",
            next="TMPDIR=/a/faster/disk pytest assignments/01, or in a job",
        )


@pytest.fixture
def own_slurm(request):
    """The student's own run, with Slurm, and said to use it. Not measured otherwise."""
    if request.config.getoption("against"):
        raise NotMeasured("Only your own run submits a script, never the grading of a class.")
    if shutil.which("sbatch") is None:
        raise NotMeasured("There is no Slurm here (sbatch).", next="on a login node: SUBMIT=1 pytest assignments/01")
    if os.environ.get("SUBMIT") != "1":
        raise NotMeasured(
            "It uses a minute of your allocation, so it has to be asked for.",
            next="SUBMIT=1 pytest assignments/01 -k submitted",
        )


def _owned(place, mine):
    """A folder that the worker may write in which it is used: the hand-in's, or the course's own."""
    if os.geteuid() == 0 and not mine:
        os.chown(place, limits.TRUSTED_UID, limits.TRUSTED_UID)
    return place
