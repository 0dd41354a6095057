"""Fixtures of both frameworks' checks; what they judge with is in judging.py and choices.py."""

import contextlib

import pytest

from grader import core_use, floor, machine


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def race_trainings(race, submission, judge):
    """Race trainings on fresh problems: the hand-in's against one that a trusted worker does.

    `base(worker, problem)` and `mine(worker, problem)` answer (losses, seconds); the losses of a pair have to agree to
    `tolerance`. The floor: six operations per weight and sample (two forward, four backward) at the machine's peak.
    """

    def run(rival, base, mine, make, *, tolerance, dtype="float32", cores=(), **settings):
        use = core_use.CoreUse(len(cores)) if cores else None

        @contextlib.contextmanager
        def lane(runner, train):
            with runner.worker(cores=cores, **settings) as worker:

                def call(problem):
                    if use and runner is submission:
                        return use.timed(worker, lambda: train(worker, problem))
                    return train(worker, problem)

                yield call

        def agree(strict, losses):
            judge.agree(losses, strict, tolerance)
            if use:
                use.judge()

        operations = make().operations
        least = floor.on_gpu(operations, machine.gpus()[0]) if not cores else None
        return race.run(
            lambda: lane(rival, base),
            lambda: lane(submission, mine),
            make,
            agree=agree,
            floor=floor.arithmetic(operations, dtype, len(cores)) if cores else least,
            one_core=len(cores) == 1,
            opponent="start" if base is mine else "strict FP32",
        )

    return run


@pytest.fixture
def one_core():
    """A core for a timed training with one thread: more would measure how well threads share."""
    return tuple(machine.cores()[:1])
