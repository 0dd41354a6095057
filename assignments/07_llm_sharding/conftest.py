"""Fixtures of the checks; what they judge with is in judging.py, holding.py and choices.py."""

import contextlib
import functools

import pytest

from grader import core_use, floor, machine, measure, scaling
from grader.verdict import Failed


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def holding(given):
    """The functions of holding.py."""
    return given("holding")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def checkpoint(baseline, judge):
    """Make a checkpoint that nobody has seen, in a folder of a trusted worker, who also knows what it answers."""

    def make(shard="1MB", **changes):
        return judge.Checkpoint(baseline.worker(threads=1), judge.llama(**changes), shard)

    return make


@pytest.fixture
def ranks_of(submission, judge):
    """Start ranks; with a checkpoint, each has loaded its part."""

    def start(count, checkpoint=None):
        group = submission.ranks(count, **judge.ON_CPU)
        if checkpoint is not None:
            group.call("open_model", checkpoint.folder)
        return group

    return start


def gains_here(baseline, count, checkpoint, make, judge):
    """Raise NotMeasured where not even ranks that exchange nothing gain enough: each generates all by itself."""
    times = []
    for ranks in (1, count):
        with baseline.ranks(ranks, **judge.ON_CPU) as group:
            group.call("open_reference", checkpoint.folder)
            times.append(scaling.seconds(lambda group=group: make().timed(group, "reference_tokens")[1]))
    scaling.require_gain(count * times[0] / times[1], count)


@pytest.fixture
def race_ranks(race, baseline, ranks_of, judge):
    """Race generation on several ranks, a core each, against transformers' own on one core.

    Every block of calls has a group of its own, which has loaded before its time begins.
    """

    def run(count, checkpoint, make):
        use = core_use.CoreUse(count)

        @contextlib.contextmanager
        def one():
            with baseline.ranks(1, **judge.ON_CPU) as group:
                group.call("open_reference", checkpoint.folder)
                yield lambda prompts: prompts.timed(group, "reference_tokens")

        @contextlib.contextmanager
        def several():
            with ranks_of(count, checkpoint) as group:
                yield lambda prompts: use.timed(group, lambda: prompts.timed(group, "generate"))

        def agree(base, mine):
            judge.same_timed(mine, base)
            use.judge()

        can_tell = functools.partial(gains_here, baseline, count, checkpoint, make, judge)
        can_tell()
        race.ranks = {count: None}
        most = min(len(machine.cores()), checkpoint.options["num_key_value_heads"])  # a KV head is not divided
        for more in scaling.more_ranks(count, most):
            # the curve is for information: what fails only there leaves a point out, and is no verdict
            with contextlib.suppress(Failed), ranks_of(more, checkpoint) as group:
                race.ranks[more] = scaling.seconds(lambda group=group: make().timed(group, "generate")[1])
        least = floor.arithmetic(make().operations(checkpoint), "float32", count)
        with measure.when_lost(can_tell):  # the machine may have become busy meanwhile
            return race.run(one, several, make, agree=agree, floor=least)

    return run
