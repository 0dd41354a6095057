"""What a person sees in the terminal: a block per check as it ends, and the score with the next step."""

from __future__ import annotations

import textwrap
from typing import Any

from grader import results
from grader.course import Grade

LABELS = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
MARKS = {
    "passed": "ok",
    "failed": "x",
    "unsure": "~",
    "not measured": "-",
    "held": "?",
    "not checked": "o",
    "grader fault": "!",
}
COLOURS = {"passed": "green", "failed": "red", "unsure": "yellow", "held": "yellow", "grader fault": "purple"}
INDENT = "   "


def points(value: float) -> str:
    """Points as people write them: 2, 0.5."""
    return f"{value:g}"


def label(framework: str) -> str:
    """A framework as people write it."""
    return LABELS.get(framework, framework)


def counts(grade: Grade) -> str:
    """Which framework counts, and why, for example `PyTorch, the better of the two`."""
    return ", ".join(filter(None, (label(grade.framework), grade.why)))


def block(entry: dict[str, Any], width: int, *, verbose: bool = False, again: bool = False) -> str:
    """A check's verdict: one line, and where there is something to do its evidence, cause and next step.

    `again`: the block before said the same, so the line is enough.
    """
    right = _right(entry)
    mark = MARKS[entry["verdict"]]
    room = width - len(INDENT) - len(right) - 2
    lines = textwrap.wrap(entry["claim"], room)
    head = f"{mark:<3}{lines[0]:<{room}}  {right}"
    body = [INDENT + line for line in lines[1:]]
    if again:
        return "\n".join([head, *body])
    if entry["verdict"] != "passed" or verbose:
        follow = f"Next: {entry['next']}" if entry.get("next") else ""
        body += [wrap(text, width, INDENT) for text in (entry["evidence"], entry["cause"], follow) if text]
    elif entry.get("race"):
        body.append(wrap(entry["evidence"], width, INDENT))
    return "\n".join([head, *body])


def summary(data: results.Results, framework: str) -> str:
    """The score of one framework in a line or two: earned of judged, and what is not judged."""
    score = results.score(data, framework)
    number, title = data["assignment"].partition("_")[0], data["title"]
    reached = f"{points(score['earned'])} of {points(score['judged'])}"
    line = f"{number} {title} ({label(framework)}): {reached} points judged here"
    mine = [c for c in data["checks"] if c["framework"] == framework]
    if score["elsewhere"]:
        line += f"; {points(score['elsewhere'])} more could not be judged"
    if score["open"]:
        line += f"; {points(score['open'])} more without a verdict yet"
    waiting = sum(c["verdict"] == "not checked" for c in mine)
    if waiting:
        line += f"; {waiting} check{'s wait' if waiting > 1 else ' waits'} for others"
    if not score["attempted"]:
        line += ". Not attempted: the task file is still the start"
    doubtful = sum(c["points"] for c in mine if c["verdict"] == "unsure")
    return f"{line}." + (f" {points(doubtful)} of them were too noisy to call (~)." if doubtful else "")


def grade(grade: Grade | None, rule: str) -> str:
    """One line on which framework counts; empty where only one was worked on, and that one does."""
    if grade is None:
        return f"Grade: none yet; course.toml asks for {label(rule)}." if rule in LABELS else ""
    if not grade.why:
        return ""
    open_ = f" Not final: {grade.pending} check{'s' if grade.pending > 1 else ''} without a result."
    line = f"Grade: {points(grade.earned)} of {points(grade.judged)} points; counts: {counts(grade)}."
    return line + (open_ if grade.pending else "")


def not_attempted(file: dict[str, Any], command: str = "") -> str:
    """Why a framework has no score here; a second line with the `command` that checks it all the same."""
    why = {"start": "is still the start", "missing": "is missing"}.get(file["state"], "")
    words = f"not attempted ({file['name']} {why})" if why else f"{file['name']} was not checked in this state"
    line = f"{label(file['framework'])}: {words}."
    return f"{line}\nTo check it: {command}" if command else line


def standing(file: dict[str, Any], folder: str, whose: str = "") -> str:
    """One line on the TODOs that are still as shipped, after `whose` TODOs they are; empty when none is."""
    left = file["untouched"]
    if file["state"] == "edited" and file["note"]:
        back = "Put the marks back as they were: the lines around your code."
        return f"{whose}{file['note']}, so it cannot be said which TODOs are done.\n{back}"
    if not left:
        return ""
    names = ", ".join(f"TODO({n})" for n in left)
    line = f"{whose}{file['todos'] - len(left)} of {file['todos']} TODOs edited; still as shipped: {names}."
    if len(left) == file["todos"]:
        line += f"\nBegin with the lesson: {folder}/README.md"
    return line


def _right(entry: dict[str, Any]) -> str:
    worth = points(entry["points"])
    if entry["verdict"] == "not checked":
        return f"waits (0 of {worth})"
    if entry["verdict"] in ("not measured", "held", "grader fault"):
        return f"({worth} not judged here)" if entry["verdict"] == "not measured" else f"({worth} open)"
    unit = "point" if entry["points"] == 1 else "points"
    return f"{points(entry['earned'])} of {worth} {unit}"


def wrap(text: str, width: int, indent: str = "") -> str:
    """Text in lines of at most `width` columns, its own line breaks kept; long paths are not broken."""
    return "\n".join(
        textwrap.fill(
            line,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )
