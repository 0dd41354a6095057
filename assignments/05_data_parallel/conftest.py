"""Fixtures of the checks; what they judge with is in judging.py."""

import contextlib

import pytest

from grader import core_use, floor, machine, measure, scaling
from grader.verdict import Failed


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def joined(submission):
    """Start a group of ranks that have joined."""

    def start(count, **settings):
        group = submission.ranks(count, **settings)
        group.call("join")
        return group

    return start


def gains_here(baseline, count, make):
    """Raise NotMeasured where not even ranks that exchange nothing gain enough: the start's, each with its own part."""
    times = []
    for ranks in (1, count):
        with baseline.ranks(ranks) as group:
            group.call("join")
            times.append(scaling.seconds(lambda group=group: make().timed(group)[1]))
    scaling.require_gain(times[0] / times[1], count)


@pytest.fixture
def race_ranks(race, joined, submission, baseline, judge):
    """Race a training on several ranks, one core or GPU each, against the start's on one.

    Every block of calls has a group of its own, which has ended when the other side is timed.
    """

    def run(count, make):
        on_gpu = count <= len(machine.gpus())
        use = core_use.CoreUse(count)

        @contextlib.contextmanager
        def lane(runner, ranks):
            with runner.ranks(ranks) as group:
                group.call("join")

                def call(problem):
                    if runner is baseline or on_gpu:
                        return problem.timed(group)
                    return use.timed(group, lambda: problem.timed(group))

                yield call

        def agree(base, mine):
            judge.agree(mine, base)
            use.judge()

        def can_tell():
            if not on_gpu:
                gains_here(baseline, count, make)

        can_tell()
        race.ranks = {count: None}
        cores = len(machine.gpus()) if on_gpu else len(machine.cores())
        for more in scaling.more_ranks(count, cores):
            # the curve is for information: what fails only there leaves a point out, and is no verdict
            with contextlib.suppress(Failed), joined(more) as group:
                race.ranks[more] = scaling.seconds(lambda group=group: make().timed(group)[1])
        operations = make().operations
        one = floor.on_gpu(operations / count, machine.gpus()[0]) if on_gpu else None
        with measure.when_lost(can_tell):  # the machine may have become busy meanwhile
            return race.run(
                lambda: lane(baseline, 1),
                lambda: lane(submission, count),
                make,
                agree=agree,
                floor=one if on_gpu else floor.arithmetic(operations, "float32", count),
            )

    return run
