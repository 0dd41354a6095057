"""Which framework counts: the course's rule, and the one grade of an assignment that follows from it.

`course.toml` at the top of the repository is optional; without it the better framework counts:

    [grade]
    framework = "better"    # better | torch | tensorflow | both (the mean of the two)
    [grade.assignments]
    "02" = "both"

Why the better one is found as it is: docs/decisions/009-which-framework-counts.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import catalog, schema
from grader.errors import UsageError

FILE = catalog.ROOT / "course.toml"
BETTER, BOTH = "better", "both"


@dataclass(frozen=True)
class Course:
    """The rule for every assignment, and the exceptions by the assignment's whole name."""

    framework: str = BETTER
    assignments: Mapping[str, str] = field(default_factory=dict)

    def rule(self, assignment: str) -> str:
        """The rule for the assignment of this name: better, torch, tensorflow or both."""
        return self.assignments.get(assignment, self.framework)


@dataclass(frozen=True)
class Grade:
    """Points of one assignment, or of several: earned, judged here, and in all. `judged` below `total` is no loss."""

    earned: float
    judged: float
    total: float
    pending: int = 0
    """Checks without a result that could still change it: above 0 the grade is not final."""
    framework: str = ""
    """The one that counts; empty for the mean of both, and for several assignments."""
    why: str = ""
    """Why that one counts; empty when there was nothing to choose."""


def load(path: Path = FILE, assignments: Path = catalog.ASSIGNMENTS) -> Course:
    """Read `path`; the defaults without it. Raises UsageError for a rule or an assignment that does not exist."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Course()
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}") from None
    if found := schema.problems(data, "course"):
        raise UsageError(f"{path.name}: {found[0]}" + (f" (and {len(found) - 1} more)" if found[1:] else ""))
    grade = data.get("grade", {})
    exceptions = {_name(key, path, assignments): rule for key, rule in grade.get("assignments", {}).items()}
    return Course(grade.get("framework", BETTER), exceptions)


def _name(key: str, path: Path, assignments: Path) -> str:
    try:
        return catalog.expand(key, assignments).name
    except UsageError:
        known = ", ".join(folder.name for folder in catalog.folders(assignments))
        raise UsageError(f"{path.name}: [grade.assignments] has '{key}', expected one of {known}.") from None


def grade(scores: Mapping[str, Mapping[str, Any]], rule: str = BETTER) -> Grade | None:
    """The grade of one assignment from the `results.score` of each of its frameworks.

    None when nothing that the rule asks for was attempted. With one framework the rule does not matter.
    """
    tried = {name: score for name, score in scores.items() if score["attempted"]}
    if len(scores) > 1 and rule == BOTH and tried:
        return _mean(list(scores.values()), "the mean of both, as course.toml says")
    if len(scores) > 1 and rule in scores:
        tried = {name: score for name, score in tried.items() if name == rule}
    if not tried:
        return None
    best = max(tried, key=lambda name: (*_standing(tried[name]), name))
    chosen = "as course.toml says" if rule in scores and len(scores) > 1 else ""
    equal = len({_standing(score) for score in tried.values()}) == 1
    why = ("the two are equal" if equal else "the better of the two") if len(tried) > 1 else chosen
    # While one of them waits for results, the other could still turn out to be the better.
    return _mean([tried[best]], why, best, sum(score["pending"] for score in tried.values()))


def _standing(score: Mapping[str, Any]) -> tuple[float, float]:
    """What is compared: the share of the points judged here, then how many were; nothing judged is never better."""
    return (round(score["earned"] / score["judged"], 9) if score["judged"] else -1.0, score["judged"])


def _mean(scores: list[Mapping[str, Any]], why: str, framework: str = "", pending: int | None = None) -> Grade:
    """The mean of the points; what was not attempted has earned nothing, of as many points as the others."""
    full = max(score["total"] for score in scores)
    points = [(s["earned"], s["judged"], s["total"]) if s["attempted"] else (0, full, full) for s in scores]
    earned, judged, total = (round(sum(column) / len(points), 2) for column in zip(*points, strict=True))
    waiting = sum(score["pending"] for score in scores) if pending is None else pending
    return Grade(earned, judged, total, waiting, framework, why)


def total(grades: Iterable[Grade | None]) -> Grade:
    """The sum over assignments; one that was not attempted (None) adds nothing, its points neither."""
    some = [g for g in grades if g]
    earned, judged, full = (round(sum(getattr(g, k) for g in some), 2) for k in ("earned", "judged", "total"))
    return Grade(earned, judged, full, sum(g.pending for g in some))
