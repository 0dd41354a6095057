"""Finds parts of solutions in a folder of files that students will get.

Text is read as words and operators. Brackets, quotes, comments, commas before a closing bracket and space do not
count, so neither does the layout. Of the solution of a TODO a file may hold at most
- 11 consecutive words as they are (from 8, if these are all it has); hints of the third level share up to 6;
- 17 consecutive words with names of their own; code that has nothing to do with it shares up to 12.
What the start has too does not count. So this finds a solution that was copied into a lesson or a hint, also when it
was renamed, laid out anew or commented out. It does not find a short TODO under other names, one told in prose, or
one that is encoded (compressed, or JSON with escaped lines). A solution in a start is for `grader verify` to find.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import todo

EXACT, EXACT_LEAST = 12, 8
"""Words in a row that count as copied; of a shorter TODO all its words, but not fewer than the second number."""
RENAMED = 18
"""Words in a row that count as copied when names may differ."""

Words = tuple[str, ...]
_WORD = re.compile(r"[.@]?[A-Za-z_]\w*|\d[\w.]*|[^\s\w\"'`()\[\]{}\\]")
_KEPT = {*keyword.kwlist, "self"}


@dataclass(frozen=True)
class Secret:
    """A part of a solution, as the sets of what must not occur."""

    name: str
    exact: frozenset[Words]
    renamed: frozenset[Words]
    """Of `RENAMED` words, names numbered by their first use."""
    length: int
    """Words in each of `exact`."""


def secrets(solutions: Path, assignments: Path) -> list[Secret]:
    """What must not occur, of every file below `solutions`, less what its start has too."""
    found = []
    for path in sorted(p for kind in ("py", "sh") for p in solutions.glob(f"*/*.{kind}")):
        start = assignments / path.parent.name / "start" / path.name
        shipped = words(start.read_text("utf-8")) if start.is_file() else ()
        text = path.read_text("utf-8")
        for number, body in (todo.regions(text, path.name) or {0: text}).items():
            mine = words(body)
            name = f"{path.parent.name}/{path.name}" + (f", TODO({number})" if number else "")
            length = min(EXACT, max(len(mine), EXACT_LEAST))
            exact = frozenset(windows(mine, length)) - frozenset(windows(shipped, length))
            renamed = {numbered(w) for w in windows(mine, RENAMED)}
            renamed -= {numbered(w) for w in windows(shipped, RENAMED)}
            found.append(Secret(name, exact, frozenset(renamed), length))
    return found


def search(folder: Path, known: list[Secret]) -> Iterator[str]:
    """A line per file below `folder` and secret that it holds a part of."""
    shapes = {shape(w) for secret in known for w in secret.renamed}
    lengths = {secret.length for secret in known}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_bytes().decode("utf-8", "ignore")
        held, alike = set[Words](), set[Words]()
        for reading in {words(text), words(_unmarked(text))}:
            held.update(w for length in lengths for w in windows(reading, length))
            pairs = zip(windows(reading, RENAMED), windows(shape(reading), RENAMED), strict=True)
            alike.update(numbered(window) for window, its_shape in pairs if its_shape in shapes)
        for secret in known:
            if found := held & secret.exact or alike & secret.renamed:
                yield f"{path.relative_to(folder)} holds a part of {secret.name}: {' '.join(min(found))}"


def copies(folder: Path, private: list[Path]) -> Iterator[str]:
    """A line per file below `folder` with the same bytes as a file below one of `private`; empty files do not count."""
    known = {_digest(p): p for top in private for p in top.rglob("*") if p.is_file() and p.read_bytes().strip()}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if original := known.get(_digest(path)):
            yield f"{path.relative_to(folder)} is a copy of {original.parent.name}/{original.name}"


def words(text: str) -> Words:
    """The words and operators of a text, without comments; `.name` is an attribute, or the keyword of an argument."""
    text = re.sub(r"(^|\s)#.*", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"\bself\s*\.\s*", "self @", text)  # what an object has is named by its author
    text = re.sub(r"([(,]\s*)([A-Za-z_]\w*)\s*=(?!=)", r"\1.\2 ", text)
    return tuple(_WORD.findall(re.sub(r",(\s*[)\]}])", r"\1", text)))


def _unmarked(text: str) -> str:
    """A text without what marks its lines as a comment, a quotation, or a line of a diff."""
    return re.sub(r"^[\s#>|+-]+", "", text, flags=re.MULTILINE)


def windows(some: Words, length: int) -> Iterator[Words]:
    """All runs of that many consecutive words."""
    return (some[i : i + length] for i in range(len(some) - length + 1))


def shape(some: Words) -> Words:
    """Words with all names alike: windows that are equal when `numbered` have the same shape."""
    return tuple(["N" if _may_differ(w) else w for w in some])


def numbered(window: Words) -> Words:
    """A window with its names numbered by first use; keywords, attributes and keywords of arguments stay."""
    numbers: dict[str, str] = {}
    return tuple([numbers.setdefault(w, f"N{len(numbers)}") if _may_differ(w) else w for w in window])


def _may_differ(word: str) -> bool:
    return word not in _KEPT and (word[0].isalpha() or word[0] in "_@")


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
