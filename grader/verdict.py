"""The closed set of verdicts, and how a check states one.

A check that returns has passed; what it returns is its evidence. Every other verdict is raised:

    Stop
     +- Failed        the claim is refuted
     +- Unsure        measured, too close or too noisy to call
     +- NotMeasured   this machine cannot judge it
     +- Held          too good to be true: a person looks first
    GraderFault       the machine or the grader broke, never the student's
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a check concluded; the values are the words of results.json."""

    PASSED = "passed"
    FAILED = "failed"
    UNSURE = "unsure"
    NOT_MEASURED = "not measured"
    HELD = "held"
    NOT_CHECKED = "not checked"
    GRADER_FAULT = "grader fault"


KEEPS_POINTS = frozenset({Verdict.PASSED, Verdict.UNSURE})
"""Verdicts that give all points: doubt is never the student's loss."""

NOT_COUNTED = frozenset({Verdict.NOT_MEASURED, Verdict.HELD, Verdict.GRADER_FAULT})
"""Verdicts that take their points out of what was judged here."""


@dataclass(frozen=True)
class Outcome:
    """A verdict with what a student needs to act on it; every text is plain and at most a few lines."""

    verdict: Verdict
    evidence: str = ""
    cause: str = ""
    next: str = ""
    share: float = 0.0
    """Part of the points kept by a failed check, 0 to 1."""
    race: dict[str, Any] | None = None
    """The figures of a measured check (see grader.measure)."""
    line: int = 0
    """Line of the task file that the evidence names, from 1; 0 for none."""


class Stop(Exception):
    """Ends a check with a verdict other than passed."""

    verdict: Verdict

    def __init__(
        self,
        evidence: str,
        cause: str = "",
        next: str = "",  # noqa: A002 - the word of results.json
        *,
        share: float = 0.0,
        race: dict[str, Any] | None = None,
        line: int = 0,
    ) -> None:
        super().__init__(evidence)
        self.outcome = Outcome(self.verdict, evidence, cause, next, share, race, line)


class Failed(Stop):
    """The claim is refuted; the evidence says by what."""

    verdict = Verdict.FAILED


class Unsure(Stop):
    """Measured, but too close or too noisy to call: the points stay."""

    verdict = Verdict.UNSURE


class NotMeasured(Stop):
    """This machine cannot judge the claim; `next` says which can."""

    verdict = Verdict.NOT_MEASURED


class Held(Stop):
    """Faster than this machine can be: a person looks before it counts."""

    verdict = Verdict.HELD


class GraderFault(Exception):
    """The machine or the grader broke. Never the student's fault; the check is sent again."""
