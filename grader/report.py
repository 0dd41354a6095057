"""The report of a class: one HTML page, and rows for a terminal table or CSV.

Reads a folder OUT with students.json and <opaque id>/<assignment>/results.json; only reads, so it can run
while grading still does. What has no result yet is shown as such. To show more on the page: `_sheet` (the
matrix) and `_block` (a check) are what templates/report.html sees, beside `Submission` and `Row`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import catalog, panel, results
from grader.errors import UsageError

STUDENTS = "students.json"
ABSENT = "nothing collected"
"""Note of a student who has no folder for an assignment that others have: neither graded nor pending."""
PENDING = "pending"
"""What a check without a result is called; in results.json its verdict is null."""
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
    PENDING: ("…", "No result yet: neither passed nor failed, not counted."),
}
"""Every verdict with its symbol and what it means for the points; the symbols read without colour."""
OPEN = {
    "not measured": "not judged here",
    "held": "held",
    "grader fault": "to be sent again",
    PENDING: "no result yet",
}
"""Verdicts whose points are not counted, and what is said in place of the points."""


@dataclass(frozen=True)
class Row:
    """One student's standing in one assignment and framework; points as in `results.score`."""

    id: str
    name: str
    assignment: str
    framework: str
    """Empty when there is no result at all."""
    earned: float = 0.0
    judged: float = 0.0
    total: float = 0.0
    pending: int = 1
    """Checks without a result, 1 when nothing has a result yet: above 0 the points are not final."""
    attempted: bool = True
    """False when the task file is still the start, or nothing was collected."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """How many checks have each verdict; those without one count as `pending`."""
    note: str = ""


@dataclass(frozen=True)
class Submission:
    """One student's folder of one assignment; `data` is None, and `note` says why, without usable results."""

    id: str
    name: str
    assignment: str
    data: results.Results | None
    note: str = ""


def table(out: Path) -> list[Row]:
    """The class, by name, assignment and framework. Raises UsageError when `out` is missing or empty."""
    return [row for submission in submissions(out) for row in rows(submission)]


def write(out: Path, html: Path) -> None:
    """Write the page about `out` to `html`, atomically. Raises UsageError: no results, or cannot write."""
    page = render(submissions(out))
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


def submissions(out: Path) -> list[Submission]:
    """Every student with every assignment of the class, by name; also without a result. Raises UsageError."""
    try:
        graded = {folder.name: catalog.folders(folder) for folder in out.iterdir()}
    except OSError as error:
        hint = "Give the folder that `grader grade` wrote its results to."
        raise UsageError(f"{out} cannot be read: {error.strerror}. {hint}") from None
    names = _names(out / STUDENTS)
    assignments = sorted({folder.name for folders in graded.values() for folder in folders})
    if not assignments:
        raise UsageError(f"no results in {out} (<student>/<assignment>/{results.NAME}). First: grader grade")
    everyone = {i: names.get(i, i) for i in (*names, *(i for i, folders in graded.items() if folders))}
    # Not the sorting of any one language, but the same on every machine.
    order = sorted(everyone, key=lambda i: (unicodedata.normalize("NFC", everyone[i]).casefold(), i))
    return [_submission(out, i, everyone[i], assignment) for i in order for assignment in assignments]


def _names(path: Path) -> dict[str, str]:
    """Name by opaque id; empty without the file."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != 1:
            raise UsageError(f"{path} has schema {data['schema']}; this grader reads 1. Update the grader.")
        return {str(i): str(student["name"]) for i, student in data["students"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read: {error!r}. Move it away to see ids, not names.") from None


def _submission(out: Path, student: str, name: str, assignment: str) -> Submission:
    path = out / student / assignment / results.NAME
    if not path.exists():
        note = "no results yet" if path.parent.is_dir() else ABSENT
        return Submission(student, name, assignment, None, note)
    try:
        return Submission(student, name, assignment, results.read(path))
    except UsageError as error:  # one broken file must not hide the rest of the class
        return Submission(student, name, assignment, None, f"results unusable: {error}")


def rows(submission: Submission) -> list[Row]:
    """One row per framework; one without a framework when there is no result."""
    s = submission
    if s.note == ABSENT:
        return [Row(s.id, s.name, s.assignment, "", pending=0, attempted=False, note=ABSENT)]
    if s.data is None or not s.data["checks"]:
        note = s.note or "no checks in the results"
        return [Row(s.id, s.name, s.assignment, "", verdicts={PENDING: 1}, note=note)]
    return [_row(s, s.data, framework) for framework in results.frameworks(s.data)]


def _row(s: Submission, data: results.Results, framework: str) -> Row:
    score = results.score(data, framework)
    verdicts = Counter(verdict(c) for c in data["checks"] if c["framework"] == framework)
    notes = _standings(s, framework)
    if score["pending"]:
        notes.append(f"{score['pending']} of {verdicts.total()} checks without a result")
    return Row(s.id, s.name, s.assignment, framework, **score, verdicts=dict(verdicts), note="; ".join(notes))


def verdict(check: dict[str, Any]) -> str:
    """The verdict of a check's entry, `pending` when it has none."""
    return check["verdict"] or PENDING


def _standings(s: Submission, framework: str) -> list[str]:
    """What became of the task files that are not simply edited."""
    files = s.data["files"] if s.data else []
    return [_standing(f) for f in files if f["framework"] == framework and f["state"] != "edited"]


def _standing(file: dict[str, Any]) -> str:
    if file["state"] == "start":
        return f"not attempted: {file['name']} is still the start"
    return f"{file['state']}: {file['note'] or file['name']}"


# --- the page ---------------------------------------------------------------------------------------------


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
    page.globals |= {"race_svg": race_svg, "anchor": anchor, "machine": machine, "rows": rows}
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
        unfinished=[row for s in everyone for row in rows(s) if row.pending],
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
    found = {(s.assignment, row.framework) for s in everyone for row in rows(s)}
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
    missing = {"verdict": PENDING, "worth": "no result yet", "earned": 0, "anchor": home}
    return {
        "name": s.name,
        "anchor": home,
        "row": next((row for row in rows(s) if row.framework in ("", framework)), None),
        "states": ", ".join(standing.partition(":")[0] for standing in _standings(s, framework)),
        "cells": [own.get(check, missing) for check in checks] if s.note != ABSENT else [],
    }


def _block(s: Submission, check: dict[str, Any]) -> dict[str, Any]:
    """A check as the page shows it: its entry without gaps, its verdict and its points in words."""
    said, name = verdict(check), anchor("check", s.id, s.assignment, check["framework"], check["id"])
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
