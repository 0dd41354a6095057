"""What becomes of a job in the end, as far as reading its script can tell: a look at the GPU, and the way to a requeue.

Each function answers with what is wrong, or None. Where reading cannot decide, nothing is wrong.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

from grader.jobscript.command import Command
from grader.jobscript.script import Script


@dataclass(frozen=True)
class Problem:
    """A line of a script, what is wrong there, and why that matters."""

    line: int
    found: str
    why: str


# --- the look at the GPU -----------------------------------------------------------------------------------------

_SWALLOWED = re.compile(r"\|\|\s*(?:(?:true\b|:)[ \t]*|echo\b[^;{}&|\n]*)(?:[;)#]|$)", re.MULTILINE)
_MAY_FAIL = re.compile(
    r"\b(?:assert|raise|exit|_exit|quit|abort|current_device|next|min|max|pop)\b|get_device_(?:name|prop|cap|details)"
    r"|\[ *-?\d+ *\]|1 */|\$\(|`|\||&&|\.cuda\(|[\"'](?:cuda|/?GPU:)|\[\[?\s|\btest\b|\(\("
    r"|\w, {0,9}\)? {0,9}=[^=]|\[\w+\] *=[^=]"  # taken apart, as in `gpu, = ...`
    r"|\A\s*(?:!|if\b|while\b|until\b)|[|&\\]\s*\Z"
)

_USED = re.compile(r"\bcurrent_device\b|\.cuda\(|[\"'](?:cuda|/?GPU:)\b")
"""What uses a GPU, and fails without one, wherever it stands."""


def look(script: Script, pattern: str, before: int) -> Problem | None:
    """Whether all looks at the GPU in the lines up to `before` are such that the job goes on without one."""
    starts = sorted({c.line for c in script.commands if not c.outer})
    found: dict[int, Problem] = {}
    for number, line in enumerate(script.lines[:before], 1):
        if line.lstrip().startswith("#") or not re.search(pattern, line):
            continue
        at = bisect.bisect(starts, number)
        first = starts[at - 1] if at else number
        if first in found:  # a line of the same command: each is read once
            continue
        end = starts[at] if at < len(starts) else len(script.lines) + 1
        text = "\n".join(
            part for part in script.lines[first - 1 : end - 1] if not part.lstrip().startswith("#")
        ).strip()
        swallowed = _SWALLOWED.search(text)
        if swallowed:
            found[first] = Problem(number, f"{swallowed[0].strip():.30} keeps the job going without a GPU", _LOOK)
        elif _MAY_FAIL.search(re.sub(r"\|\s*tee\b", "", text)):
            return None
        else:
            found[first] = Problem(number, "this look only prints, and the job goes on without a GPU", _LOOK)
    others = "\n".join(line for line in script.lines[:before] if not line.lstrip().startswith("#"))
    return None if _USED.search(others) else next(iter(found.values()), None)


_LOOK = "Let the look end the job when there is none: an error in Python, and `set -e`, do."

# --- the way to a requeue ----------------------------------------------------------------------------------------

_BLOCKS = re.compile(
    r"(?:^|[;&|(]|\bthen\b|\bdo\b|\belse\b)[ \t]*"
    r"(?:(?P<opens>if|case|for|while|until|select)|(?P<ends>fi|esac|done))\b",
    re.MULTILINE,
)
_IF = re.compile(
    r"\b(?:if|elif)\b([^\n;]{0,200})[;\n]\s*then\b((?:(?!\b(?:if|fi|else|elif)\b).)*?)scontrol\s+requeue", re.DOTALL
)
_AND = re.compile(r"(?m)^([^\n;&|]{0,200})&&\s*scontrol\s+requeue")
_ZERO = re.compile(r"(?:\[\[?|test|\(\()\s*\"?\$?\{?(\w+|\?)\}?\"?\s*(?:-eq|==?)\s*\"?0\"?\s*(?:\]\]?|\)\))?")
_GUARDS = frozenset(("[", "[[", "test", "grep", "exit", "exec", "return", "break", "continue"))
_FUNCTION = re.compile(r"\s*(?:function\s+[\w-]+|[\w-]+\s*\(\s*\))")


def requeue(script: Script, training: Command) -> Problem | None:
    """Whether a training in the background that exits with 75 after a signal is not queued again, or any is."""
    flow = _Flow(script, training)
    if found := flow.piped():
        return found
    return (flow.bare() or flow.single() or flow.complete() or flow.always()) if flow.straight else None


class _Flow:
    """A script from its training on."""

    def __init__(self, script: Script, training: Command) -> None:
        self.lines = [re.sub(r"(^|\s)#.*", "", line) for line in script.lines]
        self.commands = [c for c in script.commands if not c.outer]
        self.training = training
        self.at = next((n for n, c in enumerate(self.commands) if c is training), 0)
        self.functions = _functions(self.lines)
        queued = [n for n, c in enumerate(self.commands) if c.words[:2] == ["scontrol", "requeue"]]
        self.queued = queued[0] if queued else -1
        self.straight = (  # not from a function, nor from a trap: those have other ways
            len(queued) == 1
            and self.queued > self.at
            and not self._inside(self.commands[self.queued])
            and not any("requeue" in word for c in self.commands if c.name == "trap" for word in c.words)
        )
        self.text = "\n".join(self.lines[training.line - 1 :])

    def _inside(self, command: Command) -> bool:
        return command.line in self.functions

    def piped(self) -> Problem | None:
        last = self.at
        while self.commands[last].ended == "|" and last + 1 < len(self.commands):
            last += 1
        name, used = self.commands[last].name, any("$!" in line for line in self.lines)
        if last == self.at or not self.commands[last].background or self.training.background or not used:
            return None
        if any("pkill" in line for line in self.lines):
            return None
        found = f"$! is the number of {name:.20}, the last of the pipeline, and not of the training"
        return Problem(self.training.line, found, "Signal and wait miss the training. The log is kept by -o anyway.")

    def bare(self) -> Problem | None:
        stops = False
        for command, after in zip(self.commands, [*self.commands[1:], Command(0)], strict=True):
            if command.name == "set":
                stops = _stops(command, now=stops)
            asks = "$?" in after.assigned.values() or "$?" in after.words
            ends = command.ended in (";", "\n")
            if stops and command.name == "wait" and ends and asks and not self._inside(command):
                before = self.lines[command.line - 1].partition("wait")[0]
                if not re.search(r"\b(?:if|elif|while|until)\b|!", before):
                    found = "with `set -e` the script ends at this wait when the training exits with 75"
                    return Problem(command.line, found, "What comes behind it, the requeue too, is never reached.")
        return None

    def single(self) -> Problem | None:
        waits = [c for c in self.commands if c.name == "wait"]
        text = "\n".join(self.lines)
        if len(waits) != 1 or len(re.findall(r"\bwait\b", text)) != 1 or self._inside(waits[0]):
            return None
        if re.search(r"\b(?:while|until|for|sleep|tail|kill -0|jobs|ps)\b", text):
            return None
        found = "the signal ends this wait, not the training: its status is 138, and there is no other wait"
        return Problem(waits[0].line, found, "The training's own status, 75, is known only after one more wait.")

    def complete(self) -> Problem | None:
        codes = {name for c in self.commands for name, value in c.assigned.items() if value == "$?"} | {"?"}
        condition = _IF.search(self.text) or _AND.search(self.text)
        if not condition or "$((" in self.text:
            return None
        zero = _ZERO.fullmatch(condition[1].strip())
        if (zero and zero[1] in codes) or re.fullmatch(r"wait\b[^|&;]*", condition[1].strip()):
            found = "the job is queued again when the training is complete (0), and not when it stopped early (75)"
            return Problem(self.commands[self.queued].line, found, "It would never go on, or never end.")
        return None

    def always(self) -> Problem | None:
        command, previous = self.commands[self.queued], self.commands[self.queued - 1]
        own = self.lines[command.line - 1].partition("scontrol")[0]
        between = "\n".join([*self.lines[self.training.line : command.line - 1], own])
        blocks = list(_BLOCKS.finditer(between))
        opened = sum(bool(b["opens"]) for b in blocks) - sum(bool(b["ends"]) for b in blocks)
        names = {c.name for c in self.commands[self.at + 1 : self.queued]}
        if opened > 0 or previous.ended in ("&&", "||", "|") or names & _GUARDS or "((" in between:
            return None
        if re.search(r"\bexit\b|[{}]\s*$", between, re.MULTILINE):
            return None
        found = "the job is queued again whatever the training's status is"
        return Problem(command.line, found, "A complete training, or one with an error, would run for ever.")


def _stops(command: Command, *, now: bool) -> bool:
    """Whether a failing command ends the script after this `set`."""
    for word in command.words[1:]:
        if re.fullmatch(r"[-+]\w*e\w*", word) or word == "errexit":
            now = not any(w.startswith("+") for w in command.words[1:2])
    return now


def _functions(lines: list[str]) -> set[int]:
    """Numbers of the lines in functions."""
    found, inside = set(), False
    for number, line in enumerate(lines, 1):
        inside = inside or bool(_FUNCTION.match(line))
        if inside:
            found.add(number)
            inside = not line.rstrip().endswith("}")
    return found
