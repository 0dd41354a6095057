"""A student's desk: where they stand (`list`), what they changed (`diff`), and beginning again (`reset`).

The untouched start is the file in the assignment's `start` folder; git is not needed.
"""

from __future__ import annotations

import difflib
import shutil
import textwrap
import time
from pathlib import Path

from grader import catalog, intake, results
from grader.bench import key
from grader.catalog import ROOT, SELF_CHECKS, Assignment, Side
from grader.errors import UsageError
from grader.intake import TaskFile


def progress() -> str:
    """One line per assignment and framework: title, points of the last check, TODOs done."""
    lines, first = [], ""
    for folder in catalog.folders():
        assignment = catalog.load(folder)
        files = intake.take_all(assignment, folder)
        for file in files:
            done = file.todos - len(file.untouched)
            first = first or (assignment.number if done < file.todos else "")
            points = _last_points(assignment, file)
            title = textwrap.shorten(assignment.title, 24, placeholder=" ..")
            lines.append(
                f"{assignment.number}  {title:<24} {file.side.framework:<10}  {assignment.minutes} min  "
                f"{done:>2} of {file.todos:>2} TODOs  {points}"
            )
    if not lines:
        raise UsageError(f"there are no assignments in {catalog.ASSIGNMENTS}")
    return "\n".join(
        [*lines, "", f"Check one: pytest assignments/{first or '01'}      Hints: grader hint {first or '01'}"]
    )


def _last_points(assignment: Assignment, file: TaskFile) -> str:
    path = SELF_CHECKS / assignment.name / results.NAME
    if not path.exists():
        return "not checked yet"
    data = results.read(path)
    framework = file.side.framework
    score = results.score(data, framework)
    if not score["attempted"]:
        return "not attempted"
    if not score["total"]:
        return "not checked yet"
    rest = f", {score['open']:g} not checked yet" if score["open"] else ""
    known = {entry["framework"]: entry.get("key") for entry in data["files"]}
    changed = "" if known.get(framework) == key(assignment, [file]) else ", changed since"
    return f"{score['earned']:g} of {score['judged']:g} points{rest}{changed}"


def sides_of(assignment: Assignment, framework: str | None) -> tuple[Side, ...]:
    """The side of that framework, or all when none is named. Raises UsageError when the topic has no such side."""
    found = tuple(s for s in assignment.sides if framework in (None, s.framework))
    if not found:
        known = ", ".join(s.framework for s in assignment.sides)
        raise UsageError(f"{assignment.name} has nothing for '{framework}'; it has {known}")
    return found


def side_of(assignment: Assignment, framework: str | None) -> Side:
    """The one side that is meant. Where none is named: the only one whose task file is edited, else the first."""
    sides = sides_of(assignment, framework)
    edited = [s for s in sides if intake.take(assignment, s, assignment.folder).state in ("edited", "refused")]
    return edited[0] if len(edited) == 1 else sides[0]


def diff(assignment: Assignment, framework: str | None = None) -> str:
    """Unified diff from the start to what is there now; a line that says so when nothing has changed."""
    parts: list[str] = []
    for side in sides_of(assignment, framework):
        for name in side.files:
            start = assignment.start(side, name).read_text("utf-8").splitlines(keepends=True)
            now = _read(assignment, side, name).splitlines(keepends=True)
            parts += difflib.unified_diff(start, now, f"start/{name}", name)
    return "".join(parts) or f"{assignment.name} is as shipped."


def reset(assignment: Assignment, framework: str | None = None) -> str:
    """Put the start back where a task file differs from it; what was there is kept beside. Returns what was done."""
    lines = []
    files = [(side, name) for side in sides_of(assignment, framework) for name in side.files]
    for side, name in files:
        path, start = assignment.folder / name, assignment.start(side, name)
        if path.exists() and path.read_bytes() == start.read_bytes():
            continue
        if path.exists():
            backup = _backup(path)
            path.replace(backup)
            lines.append(f"Kept your {name} as {_shown(backup)}")
        shutil.copyfile(start, path)
        lines.append(f"{_shown(path)} is as shipped again.")
    (SELF_CHECKS / assignment.name / results.NAME).unlink(missing_ok=True)
    return "\n".join(lines) or f"{assignment.name} is as shipped."


def _backup(path: Path) -> Path:
    """A free name beside `path`."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (path.with_name(f"{path.stem}.{stamp}{suffix}.bak") for suffix in ("", *(f"-{n}" for n in range(2, 100))))
    return next(name for name in names if not name.exists())


def _read(assignment: Assignment, side: Side, name: str) -> str:
    path = assignment.folder / name
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        back = f"grader reset {assignment.number} --framework {side.framework}"
        raise UsageError(f"{_shown(path)} is missing. Get the start back: {back}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{_shown(path)} is not UTF-8; save it as UTF-8 in your editor.") from None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
