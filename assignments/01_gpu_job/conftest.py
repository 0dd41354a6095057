"""Fixtures of both frameworks' checks; what they judge with is in judging.py and choices.py."""

import contextlib
import functools
import os

import numpy as np
import pytest

from grader import core_use, floor, machine
from grader.bench import SIDE
from grader.verdict import Failed
from grader.worker import limits

PARTS = {
    "torch": {
        "optimizer": "the optimizer's state",
        "scheduler": "the scheduler's",
        "PyTorch": "PyTorch's random state",
        "NumPy": "NumPy's random state",
        "Python": "that of Python's random",
    },
    "tensorflow": {"optimizer": "the optimizer's state"},
}
"""What a restart can forget, by framework; the names are those that the given code knows."""


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def make_trial(request, folder, judge):
    """Make a training with a seed and a folder of its own."""
    framework = request.node.stash[SIDE].framework
    suffix = {"torch": ".pt", "tensorflow": ".keras"}[framework]
    return lambda **options: judge.Trial(folder(writable=True), suffix, PARTS[framework], **options)


@pytest.fixture
def start_worker(submission):
    """Start a process of the hand-in's. One thread: sums come out the same in every process."""
    return functools.partial(submission.worker, threads=1)


@pytest.fixture
def alone(baseline):
    """A trusted process, for undisturbed trainings."""
    return baseline.worker(threads=1)


@pytest.fixture
def race_trainings(race, submission, baseline, make_trial):
    """Race trainings that save: the start's, which saves after every step, against the hand-in's. On one core."""

    def run(every, **options):
        cores = tuple(machine.cores()[:1])
        use = core_use.CoreUse(1)

        @contextlib.contextmanager
        def lane(runner):
            with runner.worker(cores=cores, threads=1) as worker:

                def call(trial):
                    trial = make_trial(**trial.options)  # the same training, in a folder of its own
                    if runner is baseline and os.geteuid() == 0:
                        os.chown(trial.folder, limits.TRUSTED_UID, limits.TRUSTED_UID)
                    if runner is submission:
                        answer = use.timed(worker, lambda: trial.timed(worker, every))
                        trial.judge_saved(answer[0][1])
                        return answer
                    return trial.timed(worker, every)

                yield call

        def agree(expected, found):
            if not all(map(np.array_equal, expected, found)):
                raise Failed("The timed training has other losses or weights than the start's.")
            use.judge()

        operations = make_trial(**options).operations
        return race.run(
            lambda: lane(baseline),
            lambda: lane(submission),
            lambda: make_trial(**options),
            agree=agree,
            floor=floor.arithmetic(operations, "float32", 1),
            one_core=True,
        )

    return run
