"""Results as CSV for a spreadsheet or a script: one row per student, assignment, framework and check.

A hand-in can write text into its evidence, and a student chooses a name: a cell that a spreadsheet would take for a
formula gets an apostrophe before it. Where nothing was checked there is one row without a check, so nobody is missing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from grader import atomic, figures, roster
from grader.course import Course
from grader.results import plain
from grader.roster import Row, Submission
from grader.standing import result

COLUMNS = (
    "student_id", "student", "assignment", "framework", "counts", "check", "claim", "points", "earned", "verdict",
    "rests_on", "evidence", "cause", "next", "speedup", "low", "high", "target", "target_source", "hardware", "pairs",
    "seconds", "isolated", "graded", "note", "like_solution",
)  # fmt: skip
"""`counts`: yes where this framework makes the grade; speedups are factors, `pairs` is how many were timed."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
           "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""First characters that make a spreadsheet take a cell for a formula, or hide one behind them."""


def write(submissions: Iterable[Submission], path: Path, rules: Course) -> int:
    """Write the rows as UTF-8, one line each; returns how many. Holds one submission at a time. Raises UsageError."""
    count = 0
    with atomic.replacing(path) as file:
        table = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        for submission in submissions:
            for cells in rows(submission, rules):
                table.writerow({name: safe(value) for name, value in cells.items()})
                count += 1
    return count


def rows(submission: Submission, rules: Course) -> Iterator[dict[str, Any]]:
    """The cells of one submission by column, not yet `safe`; columns that say nothing are left out."""
    data, graded = submission.data, result(submission, rules)
    for row in graded.rows:
        both = graded.grade is not None and not graded.grade.framework and len(graded.rows) > 1
        counts = graded.grade is not None and (both or row.framework == graded.grade.framework)
        shared = {
            "student_id": row.id,
            "student": row.name,
            "assignment": row.assignment,
            "framework": row.framework,
            "counts": "yes" if counts else "no",
            "note": row.note,
            "like_solution": row.private,
        }
        checks = [c for c in data["checks"] if c["framework"] == row.framework] if data else []
        if data:
            shared |= {"isolated": "yes" if data["isolated"] else "no", "graded": data.get("updated", "")}
        for check in checks:
            yield shared | _check(check)
        if not checks:
            yield shared | {"verdict": _without_checks(row)}


def safe(value: Any) -> Any:
    """Text on one line that no spreadsheet runs; numbers as they are."""
    if not isinstance(value, str):
        return value
    text = " / ".join(filter(None, (line.strip() for line in plain(value).splitlines())))
    return f"'{text}" if text.startswith(FORMULA) else text


def _check(check: dict[str, Any]) -> dict[str, Any]:
    plain = ("claim", "points", "earned", "rests_on", "evidence", "cause", "next", "seconds")
    cells = {name: check[name] for name in plain if name in check}
    cells |= {"check": check["id"], "verdict": roster.verdict(check)}
    if race := check.get("race"):
        cells |= {name: race[name] for name in ("speedup", "low", "high", "target", "hardware")}
        cells |= {"target_source": race["source"], "pairs": len(figures.ratios(race))}
    return cells


def _without_checks(row: Row) -> str:
    return roster.PENDING if row.pending else "not attempted"
