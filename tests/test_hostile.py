"""Submissions that aim at the clock, at the pairing, or at doubt: every one fails the check that it attacks."""

import pytest

from grader import catalog, exercises
from grader.runs import Runs

pytestmark = pytest.mark.alone

HOSTILE = exercises.WRONG.with_name("hostile")
ATTACKS = [
    pytest.param(assignment, side, attack, id=f"{assignment.number}-{side.framework}-{attack.path.stem}")
    for assignment in map(catalog.load, catalog.folders())
    for side in assignment.sides
    for attack in exercises.wrong_answers(assignment, side, HOSTILE)
]


@pytest.fixture(scope="module")
def runs():
    with Runs() as shared:
        yield shared


@pytest.mark.parametrize(("assignment", "side", "attack"), ATTACKS)
def test_an_attack_on_the_race_fails_and_is_not_unsure(runs, assignment, side, attack):
    (check,) = attack.caught_by
    entry = exercises.run(runs, assignment, side, attack.path, [check])[check]
    assert entry["verdict"] == "failed", entry["evidence"]


def test_there_are_enough_of_them():
    assert len(ATTACKS) >= 10
