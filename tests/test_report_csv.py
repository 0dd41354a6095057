"""grader.spreadsheet: one row per check, and nothing that a spreadsheet would run."""

import csv
import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import roster, spreadsheet
from grader.course import Course
from grader.errors import UsageError
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.made_class import RACE, check, every_verdict, hand_in, put, two_sides

FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def out(tmp_path):
    return made_class.make(tmp_path / "out")


def table(out, rule="better"):
    path = out.parent / "all.csv"
    count = spreadsheet.write(roster.each(out), path, Course(rule))
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == count == path.read_bytes().count(b"\n") - 1
    return found


def test_one_row_per_check_with_its_points(out):
    rows = [row for row in table(out) if row["student_id"] == "h1"]
    assert {row["student"] for row in rows} == {made_class.NAMES["h1"]}
    wanted = every_verdict()
    assert [row["check"] for row in rows] == [c["id"] for c in wanted]
    assert [row["verdict"] for row in rows] == [c["verdict"] or "pending" for c in wanted]
    assert [row["earned"] for row in rows] == [str(c.get("earned", "")) for c in wanted]
    assert sum(float(row["earned"] or 0) for row in rows) == pytest.approx(3.6)


def test_the_figures_of_a_race(out):
    row = next(row for row in table(out) if row["student_id"] == "h3")
    assert [float(row[name]) for name in ("speedup", "low", "high", "target")] == [3.1, 2.9, 3.3, 2.0]
    assert (row["pairs"], row["hardware"], row["target_source"]) == (str(len(RACE["pairs"])), "cpu", "proposed")


def test_names_and_evidence_are_no_formulas(out):
    made_class.name_them(out, {"h1": FORMULA, "h2": "@SUM(A1)", "h3": " \u200b=1+1"})
    put(out, "h1", hand_in([check("a", Outcome(Verdict.FAILED, "-2 files\n=1+1", "\t=1", "+1"))]))
    rows = table(out)
    first = next(row for row in rows if row["student_id"] == "h1")
    assert first["student"] == f"'{FORMULA}"
    assert (first["evidence"], first["cause"], first["next"]) == ("'-2 files / =1+1", "'=1", "'+1")
    assert {row["student"] for row in rows} == {f"'{FORMULA}", "'@SUM(A1)", "'=1+1"}


@given(st.text())
def test_no_text_starts_a_formula_or_a_line(text):
    safe = spreadsheet.safe(text)
    assert not safe.startswith(spreadsheet.FORMULA)
    assert len(safe.splitlines()) <= 1
    assert safe.isprintable()


def test_frameworks_and_the_one_that_counts(out):
    put(out, "h1", two_sides(Verdict.PASSED, Verdict.FAILED))
    put(out, "h2", two_sides(None, Verdict.FAILED))

    def counts(rule):
        rows = [row for row in table(out, rule) if row["student_id"] != "h3"]
        return {(row["student_id"], row["framework"]): row["counts"] for row in rows}

    ids = [("h2", "torch"), ("h2", "tensorflow"), ("h1", "torch"), ("h1", "tensorflow")]
    assert counts("better") == dict(zip(ids, ["no", "yes", "yes", "no"], strict=True))
    assert counts("tensorflow") == dict(zip(ids, ["no", "yes", "no", "yes"], strict=True))
    assert counts("both") == dict.fromkeys(ids, "yes")


def test_nobody_is_missing(out):
    put(out, "h1", hand_in([], state="start"))
    (out / "h2/03_loading/results.json").unlink()
    rows = {row["student_id"]: row for row in table(out)}
    assert [rows["h1"][name] for name in ("check", "verdict", "counts")] == ["", "not attempted", "no"]
    assert [rows["h2"][name] for name in ("check", "verdict", "note")] == ["", "pending", "no results yet"]


def test_a_file_that_equals_the_solution(out):
    put(out, "h1", hand_in([check("a", None)], like_solution="the same text"))
    said = {row["student_id"]: row["like_solution"] for row in table(out)}
    assert said["h1"] == "task.py may be the solution: the same text"
    assert said["h3"] == ""


def test_rows_are_made_one_submission_at_a_time(out):
    read = roster.each(out)
    first = next(spreadsheet.rows(next(read), Course()))
    assert first["student_id"] == "h3"
    (out / "h2/03_loading/results.json").unlink()
    assert [s.note for s in islice(read, 1)] == ["no results yet"]


def test_private_and_whole_or_not_at_all(out, tmp_path):
    table(out)
    assert (tmp_path / "all.csv").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "all.csv").read_bytes()
    (out / "students.json").write_text(json.dumps({"schema": 2, "students": {}}))
    with pytest.raises(UsageError, match="schema 2"):
        table(out)
    assert (tmp_path / "all.csv").read_bytes() == before
