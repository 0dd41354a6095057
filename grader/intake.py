"""Takes a task file out of a hand-in: copies what the assignment lists, refuses the rest, says why.

A hand-in is a folder with the task files, a folder with such folders by assignment, or one task file. Below tests/,
a fragment (a file that only has TODO regions and says `Caught by:`) is set into the solution.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from grader import todo
from grader.catalog import ASSIGNMENTS, ROOT, Assignment, Side
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

    @property
    def digest(self) -> str:
        """SHA-256 of state and text."""
        return hashlib.sha256(f"{self.state}\0{self.text}".encode()).hexdigest()


def take(assignment: Assignment, side: Side, source: Path) -> TaskFile:
    """Read one side's task file from `source`. A file that cannot be used is a state, not an error."""
    start = assignment.start(side).read_text("utf-8")
    path = _locate(assignment, side, source)
    todos = len(todo.regions(start))
    if path is None and (refused := source / f"{side.task}{REFUSED}").is_file():
        return TaskFile(side, "refused", refused.read_text("utf-8")[:500], todos=todos)
    if path is None:
        return TaskFile(side, "missing", f"{side.task} is not in the hand-in", todos=todos)
    try:
        text = _read(path)
        solution = assignment.solution(side)
        if FRAGMENT in text and path.resolve().is_relative_to(FRAGMENTS) and solution.is_file():
            if (side.framework == TENSORFLOW) != (path.parent.name == TENSORFLOW):
                return TaskFile(side, "missing", f"{path.name} is about the other framework", todos=todos)
            text = todo.compose(solution.read_text("utf-8"), todo.regions(text, path.name), side.task)
    except _Refused as refused:
        return TaskFile(side, "refused", f"{side.task} {refused}", todos=todos)
    state: Literal["edited", "start"] = "start" if text == start else "edited"
    return TaskFile(side, state, todo.damage(text, start, side.task), text, tuple(todo.untouched(text, start)), todos)


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
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    if path.is_relative_to(ASSIGNMENTS):
        return f"your code in {shown}"
    kind = {"solutions": "the solution", "tests": "the wrong answer"}.get(
        shown.parts[0] if shown.parts else "", "the hand-in"
    )
    return f"{kind} {shown}"


class _Refused(Exception):
    pass


def _locate(assignment: Assignment, side: Side, source: Path) -> Path | None:
    """The side's file in `source`; a link counts as present, so that it is refused and not overlooked."""
    if not source.is_dir():
        return source
    for folder in (source, source / assignment.name, source / assignment.number):
        if os.path.lexists(folder / side.task):
            return folder / side.task
    return None


def _read(path: Path) -> str:
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
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Refused(f"is not UTF-8 (line {line}); save it as UTF-8") from None
