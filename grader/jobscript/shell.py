"""The commands of a job script, without running them.

A reader of common scripts, not a shell: `if`, `for` and functions are skipped over, nothing is expanded, and what is
inside `$(...)` stays a part of its word. Continued lines are one command; a heredoc's text is not taken for commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from grader.jobscript.command import Command

_OPERATORS = re.compile(r"\|\||&&|;;|[|;&()\n]")
_REDIRECT = re.compile(r"&>>?|\d*(?:>>|<<<|<>|[<>]&|>\||>|<)")
_ASSIGN = re.compile(r"[A-Za-z_]\w*\+?=")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|\\?[^\s;&|<>()'\"]+)")
_KEYWORDS_WORDS = """
if then elif else fi for while until do done case esac in ! { } time select function
"""
_KEYWORDS = frozenset(_KEYWORDS_WORDS.split())
_SHELLS = frozenset(("bash", "sh"))
DEPTH = 8
"""Groups around a command that are remembered: each letter is looked at a fixed number of times."""


def commands(lines: Sequence[str], head: int = 0) -> Iterator[Command]:
    """The commands of a script from its line number `head` (from 0) on, in order; those of `bash -c '...'` as well."""
    for command in _Reader("\n".join(lines[head:]), head + 1).commands():
        yield command
        words = command.after(*_SHELLS) or []
        at = next((n for n, word in enumerate(words) if re.fullmatch(r"-\w*c", word)), len(words))
        for text in words[at + 1 : at + 2]:
            for inner in _Reader(text, command.line).commands():
                inner.outer = command.words[: command.words.index(text)]
                yield inner


class _Reader:
    """A cursor over the text; each letter is looked at a fixed number of times."""

    def __init__(self, text: str, line: int) -> None:
        self.text, self.line, self.at = text, line, 0
        self.heredocs: list[tuple[str, bool]] = []
        self.groups: list[list[Command]] = []
        """The commands of the parentheses and braces that are open at the cursor, the innermost last."""
        self.closed: list[Command] = []
        """Those of the group that ended just before the cursor."""

    def commands(self) -> Iterator[Command]:
        command = Command(self.line)
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter in " \t\r" or self.text.startswith("\\\n", self.at):
                self.line += letter == "\\"
                self.at += 2 if letter == "\\" else 1
            elif letter == "#":
                self._to(self.text.find("\n", self.at))
            elif self._redirected():
                continue
            elif operator := _OPERATORS.match(self.text, self.at):
                self.at = operator.end()
                command.background, command.ended = operator[0] == "&", operator[0]
                if command.words or command.assigned:
                    self._grouped(command)
                    yield command
                self._group(operator[0])
                if operator[0] == "\n":
                    self.line += 1
                    self._over_heredocs()
                command = Command(self.line)
            else:
                command.line = command.line if command.words or command.assigned else self.line
                self._add(command, self._word())
        if command.words or command.assigned:
            yield command

    def _grouped(self, command: Command) -> None:
        self.closed = []
        for group in self.groups[-DEPTH:]:
            group.append(command)

    def _group(self, operator: str) -> None:
        """Open or close a group; one with a `&` behind it is in the background, as all that is in it."""
        if operator == "(":
            self.groups.append([])
        elif operator == ")":
            self.closed = self.groups.pop() if self.groups else []
        else:
            for command in self.closed if operator == "&" else ():
                command.background = True
            self.closed = []

    def _redirected(self) -> bool:
        """Go over a redirection, and remember where a heredoc will end; False where there is none at the cursor."""
        heredoc, redirect = _HEREDOC.match(self.text, self.at), _REDIRECT.match(self.text, self.at)
        if heredoc and not self.text.startswith("<<<", self.at):
            self.heredocs.append((heredoc[2].strip("\\\"'"), bool(heredoc[1])))
            self.at = heredoc.end()
        elif redirect:
            self._skip(redirect.end() - self.at)
        return bool(redirect)

    def _to(self, end: int) -> None:
        self.at = len(self.text) if end < 0 else end

    def _skip(self, letters: int) -> None:
        """Over a redirection and the file it names."""
        self.at += letters
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at < len(self.text) and not _OPERATORS.match(self.text, self.at):
            self._word()

    def _over_heredocs(self) -> None:
        for end, tabs in self.heredocs:
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                line = self.text[self.at : stop if stop >= 0 else None]
                self._to(stop + 1 or -1)
                self.line += 1
                if (line.lstrip("\t") if tabs else line) == end:
                    break
        self.heredocs = []

    def _add(self, command: Command, word: tuple[str, str]) -> None:
        plain, raw = word
        declares = command.words[:1] in (["export"], ["declare"], ["local"], ["readonly"])
        if _ASSIGN.match(raw) and (not command.words or declares):
            name, _, value = plain.partition("=")
            command.assigned[name.rstrip("+")] = value
        elif command.words or raw not in _KEYWORDS:
            command.words.append(plain)
        elif raw in ("{", "}"):
            self._group("(" if raw == "{" else ")")

    def _word(self) -> tuple[str, str]:
        """The word at the cursor with its quotes taken off, and as it stands there. Never empty-handed."""
        start, parts = self.at, []
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter == "\\":
                parts.append("" if self.text.startswith("\n", self.at + 1) else self.text[self.at + 1 : self.at + 2])
                self.line += self.text.startswith("\n", self.at + 1)
                self.at += 2
            elif letter in "'\"`":
                parts.append(self._quoted(letter))
            elif self.text.startswith(("$(", "${"), self.at):
                parts.append(self._balanced())
            elif self.at > start and (letter in " \t\r<>" or _OPERATORS.match(letter)):
                break
            else:
                parts.append(letter)
                self.at += 1
        return "".join(parts), self.text[start : self.at]

    def _quoted(self, quote: str) -> str:
        """What is between two quotes; with backticks it stays a substitution. To the end where it is not closed."""
        start = self.at + 1
        end = start
        while end < len(self.text) and self.text[end] != quote:
            end += 2 if self.text[end] == "\\" and quote != "'" else 1
        self.at = min(end + 1, len(self.text))
        inside = self.text[start:end]
        self.line += inside.count("\n")
        return f"`{inside}`" if quote == "`" else inside.replace("\\\n", "") if quote == '"' else inside

    def _balanced(self) -> str:
        """A `$(...)` or `${...}` as it stands, over the parentheses or braces inside it."""
        start = self.at
        opening = self.text[start + 1]
        closing = ")" if opening == "(" else "}"
        depth, self.at = 1, start + 2
        while self.at < len(self.text) and depth:
            if self.text[self.at] in "'\"":
                self._quoted(self.text[self.at])
                continue
            depth += (self.text[self.at] == opening) - (self.text[self.at] == closing)
            self.line += self.text[self.at] == "\n"
            self.at += 1
        return self.text[start : self.at]
