"""From a folder of hand-ins to staged submissions under opaque ids. Names stay in students.json, with the head.

Known forms: SUBMISSIONS/<student>/<assignment>/task.py (also what nbgrader collects), SUBMISSIONS/<student>/task.py,
and SUBMISSIONS/<student>.zip with either inside.
"""

from __future__ import annotations

import contextlib
import json
import lzma
import os
import secrets
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import intake, results, roster
from grader.bench import key
from grader.catalog import Assignment
from grader.errors import UsageError
from grader.intake import TaskFile
from grader.roster import STUDENTS

MAX_ARCHIVE = 64 << 20
"""Bytes that an archive may unpack to."""
_BROKEN = (
    *(zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError),  # RuntimeError: it has a password
    *(ValueError, zlib.error, lzma.LZMAError),  # ValueError: a name that is not in the encoding that it says
)
"""What zipfile raises for archives that were damaged, or made to be."""


@dataclass(frozen=True)
class Submission:
    """One student's hand-in for one assignment, staged in `folder` (OUT/<id>/<assignment>)."""

    id: str
    name: str
    assignment: Assignment
    folder: Path
    key: str

    @property
    def results(self) -> Path:
        """Where its results.json is."""
        return self.folder / "results.json"


def collect(source: Path, out: Path, assignments: list[Assignment]) -> list[Submission]:
    """Stage every hand-in below `source` into `out`. Raises UsageError when there is nothing to grade."""
    entries = _entries(source)
    ids = _ids(out, [shown(e) for e in entries])
    found: list[Submission] = []
    any_file = False
    for entry in entries:
        name, id_ = _student(shown(entry)), ids[shown(entry)]
        with tempfile.TemporaryDirectory() as temporary:
            root, problem = _open(entry, Path(temporary))
            for assignment in _chosen(root, problem, assignments):
                files = [_taken(assignment, side.framework, root, problem) for side in assignment.sides]
                folder = out / id_ / assignment.name
                stage(folder / "submission", files)
                any_file = any_file or any(f.state != "missing" for f in files)
                found.append(Submission(id_, name, assignment, folder, key(assignment, files)))
                _forget_other(found[-1])
    if not any_file:
        wanted = " or ".join(f"<student>/{a.name}/{a.sides[0].task}" for a in assignments)
        alone = "" if len(assignments) > 1 else f", or <student>/{assignments[0].sides[0].task}"
        hint = "; with one --assignment the task file alone is enough" if len(assignments) > 1 else ""
        raise UsageError(f"nothing to grade in {source}: expected {wanted}{alone}{hint}")
    return found


def overlooked(source: Path, assignments: list[Assignment]) -> list[str]:
    """What lies in `source` and is not graded, a line each: no folder or .zip, or nothing for these assignments."""
    entries = _entries(source)
    others = [p for p in source.iterdir() if p not in entries and not p.name.startswith(".")]
    lines = [f"{shown(p)}: neither a folder nor a .zip" for p in sorted(others)]
    for entry in entries:
        with tempfile.TemporaryDirectory() as temporary:
            root, problem = _open(entry, Path(temporary))
            if _chosen(root, problem, assignments):
                continue
            if problem:
                lines.append(f"{shown(entry)}: what it holds {problem}")
            else:
                inside = ", ".join(sorted(p.name for p in root.iterdir())[:3]) or "nothing"
                few = " or ".join(a.name for a in assignments[:3])
                wanted = few if len(assignments) <= 3 else f"of an assignment ({assignments[0].name}, ...)"
                loose = any((root / side.task).exists() for a in assignments for side in a.sides)
                hint = " (a task file alone is enough with one --assignment)" if loose else ""
                lines.append(f"{shown(entry)}: no folder {wanted} in it; there is {inside}{hint}")
    return [_printable(line) for line in lines]


def _chosen(root: Path, problem: str, assignments: list[Assignment]) -> list[Assignment]:
    """The assignments that a hand-in is for: all that are asked for when it is one, else those it has a folder for."""
    if len(assignments) == 1:
        return assignments
    if problem:
        return []
    return [a for a in assignments if any((root / name).is_dir() for name in (a.name, a.number))]


def _student(entry: str) -> str:
    """The name of the student of an entry, fit for a terminal: students choose names of folders."""
    return _printable(entry[:-4] if entry.lower().endswith(".zip") else entry)


def _printable(text: str) -> str:
    return results.plain(text).replace("\n", " ")


def shown(entry: Path) -> str:
    """The name of a hand-in as text, also where the file name is not UTF-8 (as archives from elsewhere make them)."""
    return os.fsencode(entry.name).decode("utf-8", "backslashreplace")


def _entries(source: Path) -> list[Path]:
    try:
        entries = sorted(p for p in source.iterdir() if not p.name.startswith("."))
    except FileNotFoundError:
        raise UsageError(f"no such folder: {source}") from None
    except NotADirectoryError:
        raise UsageError(f"{source} is a file; expected a folder of hand-ins") from None
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None
    entries = [p for p in entries if p.is_dir() or p.suffix.lower() == ".zip"]
    if not entries:
        raise UsageError(f"{source} holds no hand-ins: expected a folder or a .zip per student")
    return entries


def _ids(out: Path, names: list[str]) -> dict[str, str]:
    """An opaque id per hand-in; ids of an earlier run stay."""
    path = out / STUDENTS
    known = {entry["entry"]: id_ for id_, entry in roster.students(path).items()}
    for name in names:
        if name not in known:
            known[name] = _new_id(set(known.values()))
    students = {i: {"name": _student(n), "entry": n} for n, i in known.items()}
    write_private(path, json.dumps({"schema": 1, "students": students}, ensure_ascii=False, indent=1))
    return known


def _new_id(taken: set[str]) -> str:
    while (fresh := f"h{secrets.token_hex(3)}") in taken:
        pass
    return fresh


def _open(entry: Path, temporary: Path) -> tuple[Path, str]:
    """The folder of a hand-in (an archive is unpacked first), and what is wrong with it."""
    if not entry.is_file():
        return entry, "" if os.access(entry, os.R_OK | os.X_OK) else "is in a folder that cannot be read"
    try:
        with zipfile.ZipFile(entry) as archive:
            if bad := _unsafe(archive):
                return temporary, f"is in an archive that is refused: {bad}"
            archive.extractall(temporary)
    except _BROKEN as error:
        return temporary, f"is in an archive that cannot be read: {error}"
    inner = [p for p in temporary.iterdir() if not p.name.startswith("__MACOSX")]
    return (inner[0] if len(inner) == 1 and inner[0].is_dir() else temporary), ""


def _unsafe(archive: zipfile.ZipFile) -> str:
    for item in archive.infolist():
        path = PurePosixPath(item.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            return f"{item.filename[:60]!r} leads out of it"
        if item.external_attr >> 28 == 0xA:
            return f"{item.filename[:60]!r} is a link"
    if sum(item.file_size for item in archive.infolist()) > MAX_ARCHIVE:
        return f"it unpacks to more than {MAX_ARCHIVE >> 20} MiB"
    return ""


def _forget_other(submission: Submission) -> None:
    """Set the results of an earlier hand-in aside at once, so that no report shows them as this one's."""
    with contextlib.suppress(UsageError):  # unusable results are left, and said, by the batch
        if submission.results.exists() and (old := results.read(submission.results))["key"] != submission.key:
            results.set_aside(submission.results, old)


def _taken(assignment: Assignment, framework: str, root: Path, problem: str) -> TaskFile:
    side = assignment.side(framework)
    if problem:
        return TaskFile(side, "refused", f"{side.task} {problem}")
    return intake.take(assignment, side, root)


def stage(folder: Path, files: list[TaskFile]) -> None:
    """Write the usable task files, and for the others a note: what the job sees carries no name.

    What is there already stays untouched, and a new hand-in takes its place as a whole: a task of a job array may be
    reading.
    """
    content: dict[str, str] = {}
    for file in files:
        refused = {file.side.task: file.note} if file.state == "refused" else file.lacking
        content |= file.texts | {f"{name}{intake.REFUSED}": note for name, note in refused.items()}
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if {path.name: path.read_bytes().decode() for path in folder.iterdir()} == content:
            return
    fresh, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("new", "old"))
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    for name, text in content.items():
        (fresh / name).write_bytes(text.encode())
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
