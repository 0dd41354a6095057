"""A job script as sbatch reads it: the first line, the `#SBATCH` options before the first command, and the commands.

Nothing is run. Any text can be parsed: what sbatch would stop at is kept as a problem for the rules to report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.jobscript import options
from grader.jobscript.command import Command
from grader.jobscript.options import Directive
from grader.jobscript.shell import commands

MOST = 1 << 16
"""Letters of a script that are read. Slurm takes 4 MiB, and no script by hand is near either."""
_PREFIX = "#SBATCH"
_BLANK = " \t\v\f\r"  # what C calls space: a no-break space, from a web page, belongs to a word
_LOOKALIKE = re.compile(r"(?P<blank>\s*)(?P<hash>#+)(?P<gap>\s*)(?P<word>[A-Za-z]{4,8})(?P<rest>[\s:]+-+\w.*|-+\w.*)")


@dataclass(frozen=True)
class Ignored:
    """A line that looks like a directive and that Slurm takes for a comment."""

    line: int
    text: str
    why: str
    """`late`: after the first command; `prefix`: not `#SBATCH`; `doubled`: `##SBATCH`, often on purpose."""


@dataclass(frozen=True)
class Script:
    """What the rules look at. Lines count from 1, without their ends."""

    lines: tuple[str, ...]
    shebang: str
    """First line when it begins with `#!`, else empty."""
    crlf: int
    """First line that ends as on Windows; 0 for none."""
    directives: tuple[Directive, ...]
    quote: int
    """First `#SBATCH` line whose quote is not closed; 0 for none."""
    colon: int
    """First `#SBATCH` line with a word that begins with a colon; 0 for none."""
    comments: dict[int, str]
    """Comments behind the options of a `#SBATCH` line, by line."""
    ignored: tuple[Ignored, ...]
    commands: tuple[Command, ...]
    head: int
    """Number of lines before the first command."""
    text: str

    def last(self, *names: str) -> Directive | None:
        """The directive that counts: sbatch takes the last one. Options that it refuses do not count."""
        fits = [d for d in self.directives if d.option in names and not d.problem]
        return fits[-1] if fits else None

    def value(self, *names: str) -> str:
        """The value of the directive that counts; empty for none."""
        directive = self.last(*names)
        return directive.value if directive else ""

    def count(self, option: str, default: int) -> int:
        """A whole number asked for, or the least of a range; the default where there is none."""
        number = re.match(r"\d+", self.value(option))
        return int(number[0][:9]) if number else default


def parse(text: str) -> Script:
    """Read a script; never raises for any text."""
    text = text[:MOST]
    raw = text.split("\n")
    crlf = next((n for n, line in enumerate(raw, 1) if line.endswith("\r")), 0)
    lines = tuple(line.removesuffix("\r") for line in raw)
    head = next((n for n, line in enumerate(lines) if _is_command(line)), len(lines))
    words: list[tuple[int, str]] = []
    comments: dict[int, str] = {}
    quote = colon = 0
    for number, line in enumerate(lines[:head], 1):
        if line.startswith(_PREFIX):
            found, comments[number], problem = _words(line[len(_PREFIX) :])
            words += [(number, word) for word in found]
            quote = quote or (number if problem == "quote" else 0)
            colon = colon or (number if problem == "colon" else 0)
    return Script(
        lines,
        lines[0] if lines[0].startswith("#!") else "",
        crlf,
        tuple(options.read(words)),
        quote,
        colon,
        comments,
        tuple(_ignored(lines, head)),
        tuple(commands(lines, head)),
        head,
        "\n".join(lines),
    )


def _is_command(line: str) -> bool:
    stripped = line.lstrip(_BLANK)
    return bool(stripped) and not stripped.startswith("#")


def _words(rest: str) -> tuple[list[str], str, str]:
    """Words of a directive line, the comment behind them, and what sbatch stops at (`quote`, `colon`, or nothing)."""
    words: list[str] = []
    at = 0
    while at < len(rest):
        if rest[at] in _BLANK:
            at += 1
        elif rest[at] == "#":
            return words, rest[at + 1 :], ""
        elif rest[at] == ":":
            return words, "", "colon"
        else:
            word, at, closed = _word(rest, at)
            if not closed:
                return [*words, word], "", "quote"
            if not word:  # nothing left of it: sbatch stops at `''` and at a lone backslash as at the end of the line
                return words, "", ""
            words.append(word)
    return words, "", ""


def _word(rest: str, at: int) -> tuple[str, int, bool]:
    """One word with its quotes taken off, where it ends, and whether they were closed."""
    word, quote = "", ""
    while at < len(rest) and (quote or rest[at] not in _BLANK):
        letter = rest[at]
        if letter == "\\":
            at += 1
            if not quote and rest[at : at + 1] in _BLANK:
                continue  # a backslash keeps no blank in a word, nor does it continue the line
            word += rest[at : at + 1]
        elif quote and letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote = letter
        elif not quote and letter == "#":
            break
        else:
            word += letter
        at += 1
    return word, at, not quote


def _ignored(lines: tuple[str, ...], head: int) -> list[Ignored]:
    found = []
    for number, line in enumerate(lines, 1):
        if line.startswith(_PREFIX):
            if number > head and re.match(r"\s*-+\w", line[len(_PREFIX) :]):
                found.append(Ignored(number, line, "late"))
        elif (like := _LOOKALIKE.fullmatch(line)) and options.nearest(like["word"], ("sbatch",), 0.7):
            if like["gap"] and not like["word"].isupper():
                continue  # `# sbatch -A me job.sh` in a comment tells how to submit
            doubled = like["word"] == "SBATCH" and len(like["hash"]) > 1 and not like["gap"]
            found.append(Ignored(number, line, "doubled" if doubled else "prefix"))
    return found
