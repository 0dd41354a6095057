"""What is asked of the machine where a race is lost."""

import contextlib

import pytest

from grader import measure
from grader.verdict import Failed, Unsure


@pytest.mark.parametrize(
    ("raised", "asked"),
    [(None, 0), (Failed("wrong"), 0), (Failed("slow", race={"speedup": 1.0}), 1), (Unsure("noise"), 0)],
    ids=["passed", "wrong answer", "lost", "unsure"],
)
def test_the_machine_is_doubted_where_a_race_is_lost_and_only_there(raised, asked):
    questions = []
    with (
        pytest.raises(type(raised)) if raised else contextlib.nullcontext(),
        measure.when_lost(lambda: questions.append(1)),
    ):
        if raised:
            raise raised
    assert len(questions) == asked
