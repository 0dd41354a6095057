"""Fixtures of both frameworks' checks; what they judge with is in judging.py and choices.py."""

import itertools

import pytest

from grader import machine


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

    `base(worker, problem)` and `mine(worker, problem)` answer (losses, ..., seconds); the losses of a pair have to
    agree to `tolerance`.
    """

    def run(rival, base, mine, make, *, tolerance, **settings):
        calls, problems, losses = itertools.count(), {}, {}

        def timed(runner, train):
            pair = next(calls) // 2
            if pair not in problems:
                problems.clear()
                losses.clear()
                problems[pair] = make()
            worker = runner.worker(**settings)
            train(worker, make())  # the first training of a process sets kernels up
            losses[runner], seconds = train(worker, problems[pair])
            worker.close()
            if len(losses) == 2:
                judge.agree(losses[submission], losses[rival], tolerance)
            return seconds

        return race.run(lambda: timed(rival, base), lambda: timed(submission, mine))

    return run


@pytest.fixture
def one_core():
    """A core for a timed training with one thread: more would measure how well threads share."""
    return tuple(machine.cores()[:1])
