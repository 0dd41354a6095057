"""A command of a job script, and how its words are asked for programs and options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Command:
    """A simple command; `name` is its first word after assignments and keywords, empty for assignments alone."""

    line: int
    words: list[str] = field(default_factory=list)
    """Words with quotes taken off, redirections left out."""
    assigned: dict[str, str] = field(default_factory=dict)
    """`A=1 command`, `A=1` and `export A=1` alike."""
    background: bool = False
    """Behind it, or behind the parentheses or braces around it, is a `&`."""
    ended: str = ""
    """The operator behind it: `|`, `&&`, `;`, a newline ...; empty at the end of the text."""
    outer: list[str] = field(default_factory=list)
    """For a command inside `bash -c '...'`: the words before it, as in `srun -n 2 bash -c`."""

    @property
    def chain(self) -> list[str]:
        """All words that lead to this command."""
        return [*self.outer, *self.words]

    @property
    def name(self) -> str:
        """The program without its folder."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""

    def after(self, *names: str) -> list[str] | None:
        """The words behind the first of these programs, as in `srun apptainer exec --nv IMAGE python ...`."""
        chain = self.chain
        for at, word in enumerate(chain):
            if word.rsplit("/", 1)[-1] in names:
                return chain[at + 1 :]
        return None


def option(words: Sequence[str], *names: str) -> str:
    """The value of an option given as `--option=value`, `--option value`, `-n2` or `-n 2`; empty for none."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names and (equals or at + 1 < len(words)):
            return value if equals else words[at + 1]
        if any(re.fullmatch(r"-\w", n) and word.startswith(n) and word != n for n in names):
            return word[2:]
    return ""
