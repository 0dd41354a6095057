"""The report of a class: one HTML page that holds everything it shows.

To show more: `_sheet` (the matrix) and `_block` (a check) are what templates/report.html sees, beside
`Submission` and `Row` of grader.roster.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

from grader import panel, roster
from grader.errors import UsageError
from grader.roster import Submission

LEGEND = {
    "passed": ("✓", "The claim holds: all points."),
    "failed": (
        "\N{MULTIPLICATION SIGN}",
        "The claim is refuted, with evidence: no points, or the share that was reached.",
    ),
    "unsure": ("≈", "Measured, but too close or too noisy to call: all points, flagged."),
    "not measured": ("\N{EN DASH}", "This machine cannot judge it: not counted, nothing lost."),
    "held": ("?", "Faster than this machine can be: a person looks first; not counted until then."),
    "not checked": ("○", "A check that it depends on failed: no points."),
    "grader fault": (
        "!",
        "The machine or the grader broke, not the student's code: not counted, to be sent again.",
    ),
    roster.PENDING: ("…", "No result yet: neither passed nor failed, not counted."),
}
"""Every verdict with its symbol and what it means for the points; the symbols read without colour."""
OPEN = {
    "not measured": "not judged here",
    "held": "held",
    "grader fault": "to be sent again",
    roster.PENDING: "no result yet",
}
"""Verdicts whose points are not counted, and what is said in place of the points."""


def write(out: Path, html: Path) -> None:
    """Write the page about `out` to `html`, atomically. Raises UsageError: no results, or cannot write."""
    page = render(roster.submissions(out))
    temporary = html.with_name(f".{html.name}.{os.getpid()}")
    try:
        html.parent.mkdir(parents=True, exist_ok=True)
        # Names beside points: for the owner alone, until they choose otherwise.
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(page.encode("utf-8", "replace"))
        temporary.replace(html)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UsageError(
            f"cannot write {html}: {error.strerror}.\n"
            "The results are untouched. Free some space or choose another file."
        ) from None


def render(everyone: list[Submission]) -> str:
    """The page as text."""
    # Here, so that `table` works where neither jinja2 nor matplotlib is installed.
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        from grader.figures import race_svg
    except ModuleNotFoundError as error:
        raise UsageError(f"the page needs {error.name}: pip install -e '.[instructor]'") from None

    folder = FileSystemLoader(Path(__file__).parent / "templates")
    page = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters["points"] = panel.points
    page.globals |= {"race_svg": race_svg, "anchor": anchor, "machine": machine, "rows": roster.rows}
    page.globals |= {"heading": _heading, "blocks": _blocks}
    graded = [s.data for s in everyone if s.data]
    students: dict[str, list[Submission]] = {}
    for submission in everyone:
        students.setdefault(submission.id, []).append(submission)
    return page.get_template("report.html").render(
        written=time.strftime("%Y-%m-%d %H:%M %z"),
        updated=sorted(d["updated"][:16].replace("T", " ") for d in graded if "updated" in d),
        machines=Counter(f"{machine(d['machine'])}; grader {d['grader']}" for d in graded),
        unsandboxed=sum(not d["isolated"] for d in graded),
        unfinished=[row for s in everyone for row in roster.rows(s) if row.pending],
        legend=LEGEND,
        sheets=[_sheet(everyone, *pair) for pair in _pairs(everyone)],
        students=list(students.values()),
    )


def machine(facts: dict[str, Any]) -> str:
    """A machine in one line, for example `2 cores, no GPU, x86_64, Linux 6.1, python 3.11.2`."""
    cores = facts.get("cores")
    first = [f"{cores} core{'' if cores == 1 else 's'}"] if cores else []
    plain = [str(facts[k]) for k in ("architecture", "system") if facts.get(k)]
    known = ("cores", "gpu", "architecture", "system")
    rest = [f"{k} {v}" for k, v in facts.items() if k not in known and v is not None]
    return ", ".join([*first, facts.get("gpu") or "no GPU", *plain, *rest])


def anchor(*parts: str) -> str:
    """An id for the page, the same in every report; odd parts (spaces, quotes) are hashed."""
    if all(re.fullmatch(r"[\w-]+", part, re.ASCII) for part in parts):
        return ".".join(parts)
    return "x" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _pairs(everyone: list[Submission]) -> list[tuple[str, str]]:
    """Assignments with their frameworks; where nobody has a result, the framework is empty."""
    found = {(s.assignment, row.framework) for s in everyone for row in roster.rows(s)}
    known = {assignment for assignment, framework in found if framework}
    wanted = {pair for pair in found if pair[1] or pair[0] not in known}
    return sorted(wanted, key=lambda pair: (pair[0], pair[1] != "torch", pair[1]))


def _sheet(everyone: list[Submission], assignment: str, framework: str) -> dict[str, Any]:
    """The matrix of one assignment and framework: a line per student, a column per check."""
    mine = [s for s in everyone if s.assignment == assignment]
    checks: dict[str, dict[str, Any]] = {}
    for submission in sorted(mine, key=lambda s: -len(s.data["checks"] if s.data else [])):
        checks = {c["id"]: c for c in _blocks(submission, framework)} | checks
    lines = [_line(s, framework, list(checks)) for s in mine]
    columns = list(zip(*(line["cells"] for line in lines if line["cells"]), strict=True))
    return {
        "heading": _heading(mine, framework),
        "checks": list(checks.values()),
        "lines": lines,
        "passed": [sum(cell["verdict"] == "passed" for cell in column) for column in columns],
        "graded": max(map(len, columns), default=0),
    }


def _line(s: Submission, framework: str, checks: list[str]) -> dict[str, Any]:
    """A student's line in the matrix; without cells when nothing was collected."""
    own = {block["id"]: block for block in _blocks(s, framework)}
    home = anchor("student", s.id)
    # A check that this student's results lack has no result either.
    missing = {"verdict": roster.PENDING, "worth": "no result yet", "earned": 0, "anchor": home}
    return {
        "name": s.name,
        "anchor": home,
        "row": next((row for row in roster.rows(s) if row.framework in ("", framework)), None),
        "states": ", ".join(standing.partition(":")[0] for standing in roster.standings(s, framework)),
        "cells": [own.get(check, missing) for check in checks] if s.note != roster.ABSENT else [],
    }


def _block(s: Submission, check: dict[str, Any]) -> dict[str, Any]:
    """A check as the page shows it: its entry without gaps, its verdict and its points in words."""
    said, name = roster.verdict(check), anchor("check", s.id, s.assignment, check["framework"], check["id"])
    worth = f"{panel.points(check['points'])} {'point' if check['points'] == 1 else 'points'}"
    worth = f"{worth}: {OPEN[said]}" if said in OPEN else f"{panel.points(check.get('earned', 0))} of {worth}"
    gaps = {"evidence": "", "cause": "", "next": "", "earned": 0, "race": None}
    return {**gaps, **check, "verdict": said, "worth": worth, "anchor": name}


def _blocks(s: Submission, framework: str) -> list[dict[str, Any]]:
    return [_block(s, c) for c in s.data["checks"] if c["framework"] == framework] if s.data else []


def _heading(some: list[Submission], framework: str) -> str:
    number, _, slug = some[0].assignment.partition("_")
    title = next((s.data["title"] for s in some if s.data), slug.replace("_", " ").capitalize())
    return f"{number} {title}" + (f" ({framework})" if framework else "")
