"""What is possible here: the solution's race on this machine, in this job, measured when a hand-in first needs it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader import results, runs
from grader.catalog import Assignment, Side
from grader.errors import UsageError
from grader.worker import limits

LIMIT_S = 300.0
"""Seconds for the solution's race."""


def figures(folder: Path, assignment: Assignment, side: Side, check: str, lent: Sequence[str]) -> dict[str, Any] | None:
    """Figures of the solution's race in `check`, kept in `folder` for the other hand-ins of this job.

    None where the solution was not measured either: then the printed target stands. `lent` as in runs.pytest.
    """
    out = folder / f"{assignment.name}-{side.framework}.json"
    if not _entry(out, check):
        words = [f"{assignment.folder / side.test}::test_{check}", "--against", str(assignment.solution(side))]
        try:
            words += ["--results", str(out)]
            options = {"timeout": LIMIT_S, "stdout": subprocess.DEVNULL, "preexec_fn": limits.die_with_parent}
            runs.pytest(words, lent, **options)
        except subprocess.TimeoutExpired:
            return None
    race: dict[str, Any] | None = _entry(out, check).get("race")
    return race


def _entry(out: Path, check: str) -> dict[str, Any]:
    try:
        entries = results.read(out)["checks"]
    except UsageError:
        return {}
    return next((entry for entry in entries if entry["id"] == check and entry["verdict"]), {})
