"""Takes a task file out of a hand-in: copies what the assignment lists, refuses the rest, says why.

A hand-in is a folder with the task files, a folder with such folders by assignment, or one task file. Below tests/,
a fragment (a file that only has TODO regions and says `Caught by:`) is set into the solution.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from grader import todo
from grader.catalog import ASSIGNMENTS, ROOT, SELF_CHECKS, Assignment, Side
from grader.errors import UsageError

MAX_BYTES = 1 << 20
FRAGMENT = "Caught by:"
FRAGMENTS = ROOT / "tests"
"""The only place where a file counts as a fragment: a hand-in must never be completed with the solution."""
TENSORFLOW = "tensorflow"
"""The framework, and the folder of fragments that are about it; those beside it are about PyTorch."""
REFUSED = ".refused"
"""Suffix of a note that stands for a file which was refused when the hand-in was staged."""


@dataclass(frozen=True)
class TaskFile:
    """One task file of a hand-in, after intake. `text` is empty unless the state is edited or start; `note` then tells
    of damaged TODO marks, else why there is no text.
    """

    side: Side
    state: Literal["edited", "start", "missing", "refused"]
    note: str = ""
    text: str = field(default="", repr=False)
    untouched: tuple[int, ...] = ()
    todos: int = 0
    also: dict[str, str] = field(default_factory=dict, repr=False)
    """Texts of this side's further files, by name."""
    lacking: dict[str, str] = field(default_factory=dict)
    """Why a further file has no text, by name."""

    @property
    def texts(self) -> dict[str, str]:
        """What was handed in, by file name."""
        return ({self.side.task: self.text} if self.state in ("edited", "start") else {}) | self.also

    @property
    def digest(self) -> str:
        """SHA-256 of state and texts."""
        return hashlib.sha256("\0".join([self.state, self.text, *map(str, self.also.items())]).encode()).hexdigest()


def take(assignment: Assignment, side: Side, source: Path) -> TaskFile:
    """Read one side's files from `source`. A file that cannot be used is a state, not an error."""
    starts = {name: assignment.start(side, name).read_text("utf-8") for name in side.files}
    todos = sum(len(todo.regions(start, name)) for name, start in starts.items())
    path = _locate(assignment, side.task, source)
    if path is None:
        if note := _lost(source, side.task):
            return TaskFile(side, "refused", note, todos=todos)
        return TaskFile(side, "missing", f"{side.task} is not in the hand-in", todos=todos)
    try:
        text = _read(path, source)
    except _Refused as refused:
        return TaskFile(side, "refused", f"{side.task} {refused}", todos=todos)
    if FRAGMENT in text and path.resolve().is_relative_to(FRAGMENTS) and assignment.solution(side).is_file():
        if (side.framework == TENSORFLOW) != (path.parent.name == TENSORFLOW):
            return TaskFile(side, "missing", f"{path.name} is about the other framework", todos=todos)
        texts, lacking = _composed(assignment, side, todo.regions(text, path.name)), dict[str, str]()
    else:
        texts, lacking = _others(assignment, side, source)
        texts[side.task] = text
    texts = starts | texts
    state: Literal["edited", "start"] = "start" if texts == starts else "edited"
    note = next(filter(None, (todo.damage(texts[name], starts[name], name) for name in starts)), "")
    untouched = tuple(sorted(n for name in starts for n in todo.untouched(texts[name], starts[name])))
    also = {name: texts[name] for name in side.also if name not in lacking}
    return TaskFile(side, state, note, texts[side.task], untouched, todos, also, lacking)


def _composed(assignment: Assignment, side: Side, bodies: dict[int, str]) -> dict[str, str]:
    """The solution's files with some regions replaced; a region that none of the other files has is the task file's."""
    texts = {}
    for name in (*side.also, side.task):
        text = assignment.solution(side, name).read_text("utf-8")
        own = {n: bodies.pop(n) for n in list(bodies) if n in todo.regions(text, name) or name == side.task}
        texts[name] = todo.compose(text, own, name)
    return texts


def _others(assignment: Assignment, side: Side, source: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Texts of a side's further files, by name; and for those without a text, why. They lie beside the task file."""
    texts: dict[str, str] = {}
    lacking: dict[str, str] = {}
    folder = source if source.is_dir() else source.parent
    for name in side.also:
        path = _locate(assignment, name, folder)
        try:
            if path is None:
                raise _Refused("is not in the hand-in")
            texts[name] = _read(path, folder)
        except _Refused as refused:
            lacking[name] = _lost(folder, name) or f"{name} {refused}"
    return texts, lacking


def _lost(source: Path, name: str) -> str:
    """The note that stands for a file which was refused when the hand-in was staged; empty when there is none."""
    note = source / f"{name}{REFUSED}"
    return note.read_text("utf-8")[:500] if note.is_file() else ""


def take_all(assignment: Assignment, source: Path) -> list[TaskFile]:
    """Every side of an assignment. Raises UsageError when `source` does not exist or cannot be opened."""
    if not source.exists():
        raise UsageError(f"no such file or folder: {source}")
    if source.is_dir() and not os.access(source, os.R_OK | os.X_OK):
        raise UsageError(f"{source} cannot be read: ask its owner, or check its permissions (ls -ld)")
    return [take(assignment, side, source) for side in assignment.sides]


def attempted(assignment: Assignment, source: Path) -> list[Side]:
    """The sides whose task file was worked on; when none was, the first whose framework is installed."""
    files = take_all(assignment, source)
    if source.is_file():
        named = [f for f in files if f.side.task == source.name]
        files = (named or [f for f in files if f.state != "missing"] or files)[:1]
    tried = [f.side for f in files if f.state in ("edited", "refused")]
    usable = [f.side for f in files if not f.side.missing]
    return tried or usable[:1] or [files[0].side]


def whose(source: Path) -> str:
    """Whose code lies in `source`, as a person reads it."""
    path = source.resolve()
    if path.is_relative_to(SELF_CHECKS):  # sent to a job of one's own, below a folder per assignment
        path = ASSIGNMENTS / path.relative_to(SELF_CHECKS).parts[0]
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    if path.is_relative_to(ASSIGNMENTS):
        return f"your code in {shown}"
    kind = {"solutions": "the solution", "tests": "the wrong answer"}.get(
        shown.parts[0] if shown.parts else "", "the hand-in"
    )
    return f"{kind} {shown}"


class _Refused(Exception):
    pass


def _locate(assignment: Assignment, name: str, source: Path) -> Path | None:
    """The file of that name in `source`; a link counts as present, so that it is refused and not overlooked."""
    if not source.is_dir():
        return source
    for folder in (source, source / assignment.name, source / assignment.number):
        if os.path.lexists(folder / name):
            return folder / name
    return None


def _read(path: Path, source: Path) -> str:
    if source.is_dir() and path.parent != source and path.parent.is_symlink():
        raise _Refused("is in a folder that is a link; hand in the folder itself")
    try:
        # O_NOFOLLOW: a link could name a solution. O_NONBLOCK: a FIFO would wait for ever.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise _Refused("is a link; hand in the file itself") from None
        raise _Refused(f"cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _Refused("is not a regular file")
    with os.fdopen(fd, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _Refused(f"is larger than {MAX_BYTES >> 20} MiB")
    if b"\0" in data:
        raise _Refused("holds NUL bytes: not a text file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Refused(f"is not UTF-8 (line {line}); save it as UTF-8") from None
    # Python reads both, sbatch neither: a script keeps them, to be judged. Once more would change nothing: what was
    # staged is read again, and must have the same digest.
    return re.sub(r"\r+\n", "\n", text.lstrip("\ufeff")) if path.suffix == ".py" else text
