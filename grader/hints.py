"""Three hints per TODO, from a question to nearly the code: `## TODO(2): title`, then `### 1` to `### 3`.

The side of PyTorch has them in hints.md, that of TensorFlow in hints_tf.md.
"""

from __future__ import annotations

import re

from grader import desk
from grader.catalog import Assignment, Side
from grader.errors import UsageError

LEVELS = 3
_TODO = re.compile(r"^## TODO\((\d+)\):? ?(.*)$")
_LEVEL = re.compile(r"^### (\d)")


def file_name(side: Side) -> str:
    """Name of the file with this side's hints; it ends as its task file does."""
    return "hints_tf.md" if side.framework == "tensorflow" else "hints.md"


def command(number: str, side: Side, todo: int, level: int | None = None) -> str:
    """The command that shows a hint; it names the framework where the number alone might mean the other one."""
    words = ["grader", "hint", number, str(todo), *([str(level)] if level else [])]
    return " ".join(words + (["--framework", side.framework] if side.framework != "torch" else []))


def place(assignment: Assignment, side: Side, todo: int) -> str:
    """What to do next about a TODO: the file that it is in, and the command of its hint."""
    return f"TODO({todo}) in {assignment.file_of(side, todo)}; a hint: {command(assignment.number, side, todo)}"


def load(assignment: Assignment, side: Side) -> dict[int, list[str]]:
    """The hints of a side: TODO number -> its hints in order. Raises UsageError when the file is missing."""
    path = assignment.folder / file_name(side)
    if not path.is_file():
        raise UsageError(f"{assignment.name} has no {path.name}")
    found: dict[int, list[str]] = {}
    current: list[str] | None = None
    for line in path.read_text("utf-8").splitlines():
        if todo := _TODO.match(line):
            current = found[int(todo[1])] = []
        elif current is not None and _LEVEL.match(line):
            current.append("")
        elif current:
            current[-1] += line + "\n"
    return {number: [_unfolded(text.strip()) for text in texts] for number, texts in found.items()}


def _unfolded(text: str) -> str:
    """Each paragraph on one line, for a terminal to fold at its own width; code and lists stay as they are."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(p if p.startswith((" ", "`" * 3, "- ", "|")) else " ".join(p.splitlines()) for p in paragraphs)


def show(assignment: Assignment, todo: int | None, level: int | None, framework: str | None = None) -> str:
    """The text for `grader hint 03 [TODO [LEVEL]]`. Raises UsageError for a TODO or level that does not exist."""
    side = desk.side_of(assignment, framework)
    hints = load(assignment, side)
    number = assignment.number
    if todo is None:
        known = ", ".join(map(str, hints))
        first = f"First level: {command(number, side, min(hints))}"
        files = " and ".join(side.files)
        return f"{assignment.title} has hints for TODO {known} in {files}, three levels each.\n{first}"
    if todo not in hints:
        raise UsageError(f"{assignment.name} has no TODO({todo}); it has {', '.join(map(str, hints))}")
    level = level or 1
    if not 1 <= level <= len(hints[todo]):
        raise UsageError(f"hints have levels 1 to {len(hints[todo])}, not {level}")
    more = f"\n\nMore: {command(number, side, todo, level + 1)}" if level < len(hints[todo]) else ""
    name = assignment.file_of(side, todo)
    return f"TODO({todo}) in {name}, hint {level} of {len(hints[todo])}\n\n{hints[todo][level - 1]}{more}"
