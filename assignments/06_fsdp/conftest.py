"""Fixtures of the checks; what they judge with is in judging.py and choices.py."""

import pytest

ON_CPU = {"env": {"CUDA_VISIBLE_DEVICES": ""}}
"""Ranks on CPUs, whose memory and traffic can be counted from outside, and of which there are enough everywhere."""


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def memory(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def joined(submission):
    """Start a group of ranks that have joined."""

    def start(count):
        group = submission.ranks(count, **ON_CPU)
        group.call("join")
        return group

    return start


@pytest.fixture
def alone(baseline):
    """A trusted worker that trains whole models, without FSDP."""
    return baseline.worker(threads=1, **ON_CPU)
