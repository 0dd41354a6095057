"""grader.roster: who is in a class, and what is known of everyone."""

from collections import Counter

import pytest

from grader import results, roster
from grader.errors import UsageError
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.made_class import check, rows_of


@pytest.fixture
def out(tmp_path):
    return made_class.make(tmp_path / "out")


def test_rows_equal_the_score(out):
    for row in rows_of(out):
        data = results.read(out / row.id / row.assignment / results.NAME)
        score = results.score(data, "torch")
        assert {name: getattr(row, name) for name in score} == score
        assert row.verdicts == Counter(c["verdict"] or "pending" for c in data["checks"])


@pytest.mark.parametrize("other", [Outcome(Verdict.PASSED), Outcome(Verdict.FAILED), Outcome(Verdict.UNSURE), None])
def test_several_outcomes_are_no_single_failure(other):
    waits = check("a", Outcome(Verdict.NOT_CHECKED))
    assert roster.obstacle([check("b", Outcome(Verdict.FAILED, "e")), waits, check("c", other)]) == ""


def test_without_students_json_ids_are_shown(out):
    (out / "students.json").unlink()
    assert [row.name for row in rows_of(out)] == ["h1", "h2", "h3"]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1, "students": []}', '{"schema": 2, "students": {}}'])
def test_broken_students_json(out, text):
    (out / "students.json").write_text(text)
    with pytest.raises(UsageError, match=r"students\.json"):
        rows_of(out)


def test_nothing_to_report(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        rows_of(tmp_path / "no")
    with pytest.raises(UsageError, match="First: grader grade"):
        roster.submissions(tmp_path)


def test_what_needs_a_person_is_noted(out):
    notes = {row.id: row.note for row in rows_of(out)}
    assert notes["h1"] == "1 unsure; 1 held for a person to look at; 2 of 8 checks without a result"
    assert notes["h3"] == ""
