"""hints.md: three hints per TODO, from a question to nearly the code. `## TODO(2): title`, then `### 1` to `### 3`."""

from __future__ import annotations

import re

from grader.catalog import Assignment
from grader.errors import UsageError

LEVELS = 3
_TODO = re.compile(r"^## TODO\((\d+)\):? ?(.*)$")
_LEVEL = re.compile(r"^### (\d)")


def load(assignment: Assignment) -> dict[int, list[str]]:
    """The hints of an assignment: TODO number -> its hints in order. Raises UsageError when the file is missing."""
    path = assignment.folder / "hints.md"
    if not path.is_file():
        raise UsageError(f"{assignment.name} has no hints.md")
    found: dict[int, list[str]] = {}
    current: list[str] | None = None
    for line in path.read_text("utf-8").splitlines():
        if todo := _TODO.match(line):
            current = found[int(todo[1])] = []
        elif current is not None and _LEVEL.match(line):
            current.append("")
        elif current:
            current[-1] += line + "\n"
    return {number: [text.strip() for text in texts] for number, texts in found.items()}


def show(assignment: Assignment, todo: int | None, level: int | None) -> str:
    """The text for `grader hint 03 [TODO [LEVEL]]`. Raises UsageError for a TODO or level that does not exist."""
    hints = load(assignment)
    number = assignment.number
    if todo is None:
        lines = [f"{assignment.title} has hints for TODO {', '.join(map(str, hints))}, three levels each."]
        return "\n".join([*lines, f"First level: grader hint {number} {min(hints)}"])
    if todo not in hints:
        raise UsageError(f"{assignment.name} has no TODO({todo}); it has {', '.join(map(str, hints))}")
    level = level or 1
    if not 1 <= level <= len(hints[todo]):
        raise UsageError(f"hints have levels 1 to {len(hints[todo])}, not {level}")
    more = f"\n\nMore: grader hint {number} {todo} {level + 1}" if level < len(hints[todo]) else ""
    return f"TODO({todo}), hint {level} of {len(hints[todo])}\n\n{hints[todo][level - 1]}{more}"
