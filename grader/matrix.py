"""The tables of the class page: the grades of everyone, and per assignment and framework a line of verdicts each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader import blocks, roster
from grader.roster import Row, Submission
from grader.standing import Standing


def sheets(everyone: Sequence[Standing], home: str) -> list[dict[str, Any]]:
    """A matrix per assignment and framework that anybody has worked on; `home` is the folder of the students' pages."""
    submissions = [result.submission for standing in everyone for result in standing.results]
    return [_sheet(everyone, *pair, home) for pair in _pairs(submissions)]


def _pairs(submissions: list[Submission]) -> list[tuple[str, str]]:
    """Assignments with their frameworks; where nobody has a result, the framework is empty."""
    found = {(s.assignment, row.framework) for s in submissions for row in roster.rows(s)}
    known = {assignment for assignment, framework in found if framework}
    wanted = {pair for pair in found if pair[1] or pair[0] not in known}
    return sorted(wanted, key=lambda pair: (pair[0], pair[1] != "torch", pair[1]))


def _sheet(everyone: Sequence[Standing], assignment: str, framework: str, home: str) -> dict[str, Any]:
    """One matrix: a line per student who worked on it, a column per check; the others are named below it."""
    mine = [r.submission for standing in everyone for r in standing.results if r.submission.assignment == assignment]
    rows = {s.id: _row(s, framework) for s in mine}
    shown = [s for s in mine if rows[s.id].attempted or rows[s.id].verdicts]
    checks: dict[str, dict[str, Any]] = {}
    for submission in sorted(shown, key=lambda s: -len(s.data["checks"] if s.data else [])):
        checks = {c["id"]: c for c in blocks.blocks(submission, framework)} | checks
    lines = [_line(s, rows[s.id], list(checks), home) for s in shown]
    columns = list(zip(*(line["cells"] for line in lines if line["cells"]), strict=True))
    return {
        "id": blocks.anchor("sheet", assignment, framework or "none"),
        "heading": blocks.heading(mine, framework),
        "checks": list(checks.values()),
        "lines": lines,
        "passed": [sum(cell["verdict"] == "passed" for cell in column) for column in columns],
        "graded": max(map(len, columns), default=0),
        "others": [s.name for s in mine if s not in shown],
    }


def _row(s: Submission, framework: str) -> Row:
    """The student's row of this framework; of no framework where there are no results."""
    rows = {row.framework: row for row in roster.rows(s)}
    blank = Row(s.id, s.name, s.assignment, framework, pending=0, attempted=False)
    return rows.get(framework) or rows.get("") or blank


def _line(s: Submission, row: Row, checks: list[str], home: str) -> dict[str, Any]:
    """A student's line: the row, and a cell per check that leads to what is said about it."""
    page = f"{home}/{blocks.anchor(s.id)}.html"
    own = {block["id"]: block for block in blocks.blocks(s, row.framework)}
    # A check that this student's results lack has no result either.
    missing = {"verdict": roster.PENDING, "worth": "no result yet", "earned": 0, "anchor": ""}
    cells = [own.get(check, missing) for check in checks]
    links = [f"{page}#{cell['anchor']}" if cell["anchor"] else page for cell in cells]
    return {
        "name": s.name,
        "page": page,
        "row": row,
        "states": _state(s, row.framework),
        "cells": [cell | {"link": link} for cell, link in zip(cells, links, strict=True)],
    }


def _state(s: Submission, framework: str) -> str:
    """`refused`, or `not attempted` where the start's checks ran; empty for a file that was worked on."""
    words = {"start": "not attempted", "missing": "not handed in", "refused": "refused"}
    files = s.data["files"] if s.data else []
    return ", ".join(words[f["state"]] for f in files if f["framework"] == framework and f["state"] in words)
