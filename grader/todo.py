"""TODO regions of a task file: `# TODO(1): ...` to `# END TODO(1)`. The rest of the file is its frame."""

from __future__ import annotations

import re

from grader.errors import UsageError

_BEGIN = re.compile(r"^\s*# TODO\((\d+)\)")
_END = re.compile(r"^\s*# END TODO\((\d+)\)")


def _split(text: str, name: str) -> tuple[list[str], dict[int, list[str]]]:
    """The frame's lines, with a marker's lines kept, and the body lines of each region."""
    frame: list[str] = []
    bodies: dict[int, list[str]] = {}
    inside: int | None = None
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if end := _END.match(line):
            if inside != int(end[1]):
                raise UsageError(f"{name}:{number}: END TODO({end[1]}) without TODO({end[1]}) before it")
            inside = None
        elif begin := _BEGIN.match(line):
            if inside is not None:
                raise UsageError(f"{name}:{number}: TODO({begin[1]}) begins before END TODO({inside})")
            if int(begin[1]) in bodies:
                raise UsageError(f"{name}:{number}: TODO({begin[1]}) is there twice")
            inside = int(begin[1])
            bodies[inside] = []
        elif inside is not None:
            bodies[inside].append(line)
            continue
        frame.append(line)
    if inside is not None:
        raise UsageError(f"{name}: TODO({inside}) has no END TODO({inside})")
    return frame, bodies


def regions(text: str, name: str = "task.py") -> dict[int, str]:
    """The body of each region by its number. Raises UsageError for unbalanced marks."""
    return {number: "".join(lines) for number, lines in _split(text, name)[1].items()}


def frame(text: str, name: str = "task.py") -> str:
    """The text without the bodies of its regions; what a solution and its start have in common."""
    return "".join(_split(text, name)[0])


def compose(base: str, bodies: dict[int, str], name: str = "task.py") -> str:
    """`base` with the bodies of some regions replaced; a region 0 comes after its last line (code of the module, which
    runs at import). Raises UsageError for a region that `base` lacks.
    """
    lines, own = _split(base, name)
    if unknown := set(bodies) - set(own) - {0}:
        raise UsageError(f"{name} has no TODO({min(unknown)}); it has {', '.join(map(str, own))}")
    result: list[str] = []
    for line in lines:
        result.append(line)
        if begin := _BEGIN.match(line):
            result.append(bodies.get(int(begin[1]), "".join(own[int(begin[1])])))
    return "".join([*result, bodies.get(0, "")])


def region_at(text: str, line: int) -> int | None:
    """Number of the region that `line` (from 1) is in; None in the frame, and where the marks are broken."""
    inside: int | None = None
    for current in text.splitlines()[:line]:
        if begin := _BEGIN.match(current):
            inside = int(begin[1])
        elif _END.match(current):
            inside = None
    return inside


def damage(text: str, start: str, name: str = "task.py") -> str:
    """What is wrong with the marks of a text, in a line; empty when they are those of the start."""
    try:
        lost = sorted(set(regions(start)) - set(regions(text, name)))
    except UsageError as error:
        return str(error)
    return f"{name} has no TODO({lost[0]}) any more" if lost else ""


def untouched(text: str, start: str) -> list[int]:
    """Numbers of the regions that are still as shipped; a file without its marks counts as all touched."""
    try:
        mine = regions(text)
    except UsageError:
        return []
    shipped = regions(start)
    return [n for n, body in shipped.items() if mine.get(n) == body]
