"""Who handed in what, and where they stand: rows for a table, and submissions with their results.

Reads a folder OUT with students.json and <opaque id>/<assignment>/results.json; only reads, so it can run
while grading still does. What has no result yet is shown as such.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import catalog, results
from grader.errors import UsageError
from grader.verdict import Verdict

STUDENTS = "students.json"
ABSENT = "nothing collected"
"""Note of a student who has no folder for an assignment that others have: neither graded nor pending."""
PENDING = "pending"
"""What a check without a result is called; in results.json its verdict is null."""


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
    open: float = 0.0
    elsewhere: float = 0.0
    pending: int = 1
    """Checks without a result, 1 when nothing has a result yet: above 0 the points are not final."""
    attempted: bool = True
    """False when the task file is still the start, was not handed in, or nothing was collected."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """How many checks have each verdict; those without one count as `pending`."""
    note: str = ""
    """What a person should know beside the points; the student may see it."""
    private: str = ""
    """What only the instructor should see."""


@dataclass(frozen=True)
class Submission:
    """One student's folder of one assignment; `data` is None, and `note` says why, without usable results."""

    id: str
    name: str
    assignment: str
    data: results.Results | None
    note: str = ""


def submissions(out: Path) -> list[Submission]:
    """Every student with every assignment of the class, by name; also without a result. Raises UsageError."""
    return list(each(out))


def each(out: Path) -> Iterator[Submission]:
    """As `submissions`, reading one at a time."""
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
    yield from (_submission(out, i, everyone[i], assignment) for i in order for assignment in assignments)


def _names(path: Path) -> dict[str, str]:
    """Name by opaque id; empty without the file."""
    return {id_: student["name"] for id_, student in students(path).items()}


def students(path: Path) -> dict[str, dict[str, str]]:
    """What students.json says by opaque id: `name`, and the `entry` of the hand-ins' folder; empty without the file.

    Raises UsageError when it is broken or of another schema.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != 1:
            raise UsageError(f"{path} has schema {data['schema']}; this grader reads 1. Update the grader.")
        read = {i: (s["name"], s.get("entry", s["name"])) for i, s in data["students"].items()}
        if not all(isinstance(text, str) for pair in read.values() for text in pair):
            raise TypeError
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{path} is broken: it should say which student has which folder.\n"
            "Put a copy of it back; without it the folders are ids only, and `grader grade` needs a new --out."
        ) from None
    return {id_: {"name": name, "entry": entry} for id_, (name, entry) in read.items()}


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
    """One row per framework of the assignment; one without a framework when there is no result."""
    s = submission
    if s.note == ABSENT:
        return [Row(s.id, s.name, s.assignment, "", pending=0, attempted=False, note=ABSENT)]
    if s.data is None:
        return [Row(s.id, s.name, s.assignment, "", verdicts={PENDING: 1}, note=s.note)]
    return [_row(s, s.data, framework) for framework in results.sides(s.data)]


def _row(s: Submission, data: results.Results, framework: str) -> Row:
    score = results.score(data, framework)
    checks = [c for c in data["checks"] if c["framework"] == framework]
    verdicts = Counter(map(verdict, checks))
    notes = [_state(f) for f in _files(data, framework) if f["state"] != "edited"]
    if not checks and score["attempted"]:  # graded, but the grader did not get to it
        score["pending"], verdicts = 1, Counter({PENDING: 1})
    if not notes and (reason := obstacle(checks)):
        notes.append(f"one failure stops {verdicts[Verdict.NOT_CHECKED]} other checks: {reason}")
    if verdicts["unsure"]:
        notes.append(f"{verdicts['unsure']} unsure")
    if verdicts["held"]:
        notes.append(f"{verdicts['held']} held for a person to look at")
    if score["pending"]:
        notes.append(f"{score['pending']} of {verdicts.total()} checks without a result")
    alike = [f"{f['name']} may be the solution: {f['like_solution']}" for f in _alike(data, framework)]
    return Row(
        s.id,
        s.name,
        s.assignment,
        framework,
        **score,
        verdicts=dict(verdicts),
        note="; ".join(notes),
        private="; ".join(alike),
    )


def obstacle(checks: list[dict[str, Any]]) -> str:
    """The evidence, in one line, of the one failure that all other checks wait for; empty when it is not so."""
    failed = [c for c in checks if c["verdict"] == Verdict.FAILED]
    others = {c["verdict"] for c in checks} - {Verdict.FAILED}
    if len(failed) != 1 or Verdict.NOT_CHECKED not in others or others - {Verdict.NOT_CHECKED, Verdict.NOT_MEASURED}:
        return ""
    return textwrap.shorten(" ".join(failed[0]["evidence"].splitlines()[:2]), 160, placeholder=" ...")


def _files(data: results.Results, framework: str) -> list[dict[str, Any]]:
    return [f for f in data["files"] if f["framework"] == framework]


def _alike(data: results.Results, framework: str) -> list[dict[str, Any]]:
    return [f for f in _files(data, framework) if f.get("like_solution")]


def verdict(check: dict[str, Any]) -> str:
    """The verdict of a check's entry, `pending` when it has none."""
    return check["verdict"] or PENDING


def _state(file: dict[str, Any]) -> str:
    if file["state"] == "start":
        return f"not attempted: {file['name']} is still the start"
    return f"{file['state']}: {file['note'] or file['name']}"
