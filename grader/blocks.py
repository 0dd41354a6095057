"""How the pages show a check, an assignment and a machine: what templates/*.html are given to fill in."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from grader import panel, roster
from grader.roster import Submission

LEGEND = {
    "passed": ("✓", "The claim holds: all points."),
    "failed": (
        "\N{MULTIPLICATION SIGN}",
        "The claim is refuted, with evidence: no points, or the share that was reached.",
    ),
    "unsure": ("≈", "Measured, but too close or too noisy to call: all points, flagged."),
    "not measured": ("\N{EN DASH}", "This machine cannot judge it: not counted, nothing lost."),
    "held": ("?", "Faster than this machine can be: a person looks first; not counted until then."),
    "not checked": ("○", "A check that it depends on failed: no points."),
    "grader fault": (
        "!",
        "The machine or the grader broke, not the student's code: not counted, to be sent again.",
    ),
    roster.PENDING: ("…", "No result yet: neither passed nor failed, not counted."),
}
"""Every verdict with its symbol and what it means for the points; the symbols read without colour."""
EVIDENCE = {
    "witnessed": "Seen from outside the code: values on inputs it had not met, files opened, memory, time on the "
    "grader's clock.",
    "self-reported": "Read by a probe that runs beside the code, where nothing can be seen from outside.",
}
"""What a verdict rests on, and what that means."""
OPEN = {
    "not measured": "not judged here",
    "held": "held",
    "grader fault": "to be sent again",
    roster.PENDING: "no result yet",
}
"""Verdicts whose points are not counted, and what is said in place of the points."""


def blocks(s: Submission, framework: str) -> list[dict[str, Any]]:
    """The checks of one framework: their entries without gaps, verdict and points in words.

    `again` is set where the evidence is that of the check before: what stops many checks is said once.
    """
    found = [_block(s, c) for c in s.data["checks"] if c["framework"] == framework] if s.data else []
    before = ("", "")
    for block in found:
        said = (block["verdict"], block["evidence"])
        block["again"] = said == before and block["verdict"] in ("not checked", "not measured")
        before = said
    return found


def _block(s: Submission, check: dict[str, Any]) -> dict[str, Any]:
    said, name = roster.verdict(check), anchor("check", s.assignment, check["framework"], check["id"])
    worth = f"{panel.points(check['points'])} {'point' if check['points'] == 1 else 'points'}"
    worth = f"{worth}: {OPEN[said]}" if said in OPEN else f"{panel.points(check.get('earned', 0))} of {worth}"
    gaps = {"evidence": "", "cause": "", "next": "", "earned": 0, "race": None}
    return {**gaps, **check, "verdict": said, "worth": worth, "anchor": name}


def heading(some: list[Submission], framework: str = "") -> str:
    """An assignment as a title, for example `03 Data loading, PyTorch`; the number alone names it in a narrow place."""
    number, _, slug = some[0].assignment.partition("_")
    title = next((s.data["title"] for s in some if s.data), slug.replace("_", " ").capitalize())
    return f"{number} {title}" + (f", {panel.label(framework)}" if framework else "")


def machine(facts: dict[str, Any]) -> str:
    """A machine in one line, for example `2 cores, no GPU, x86_64, Linux 6.1, python 3.11.2`."""
    cores = facts.get("cores")
    first = [f"{cores} core{'' if cores == 1 else 's'}"] if cores else []
    plain = [str(facts[k]) for k in ("architecture", "system") if facts.get(k)]
    known = ("cores", "gpu", "architecture", "system")
    rest = [f"{k} {v}" for k, v in facts.items() if k not in known and v is not None]
    return ", ".join([*first, facts.get("gpu") or "no GPU", *plain, *rest])


def anchor(*parts: str) -> str:
    """An id for a page, or the name of one, the same in every report; odd parts (spaces, quotes) are hashed."""
    if all(re.fullmatch(r"[\w-]+", part, re.ASCII) for part in parts):
        return ".".join(parts)
    return "x" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
