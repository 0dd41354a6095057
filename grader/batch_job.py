"""What runs inside a job of the batch: an importable function with plain arguments, several submissions a task."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from grader import catalog, claim, fixtures, intake, lock
from grader.catalog import ASSIGNMENTS
from grader.errors import UsageError
from grader.runs import Runs
from grader.worker import limits

RUNNING = "running"
TIMEOUT_S = 1800.0
"""Seconds for all checks of one submission; each call has its own, much shorter limit."""
KILL_WAIT_S = 120.0
"""Seconds for Slurm to end a job that it has sent SIGTERM (its KillWait is 30 s by default)."""


def run(out: str, token: str, folders: list[str]) -> dict[str, int]:
    """Check the submissions staged in `folders` (below `out`), one after the other.

    Stops when the results folder belongs to another head (`token`). Returns pytest's exit status per folder:
    information only, the verdicts are in results.json.
    """
    marker = Path(out, "jobs", f"{RUNNING}-{lock.me()['pid']}.json")
    marker.write_text(json.dumps(lock.me()), "utf-8")
    solutions = marker.with_name(f"solutions-{lock.me()['pid']}")
    statuses: dict[str, int] = {}
    try:
        with Runs() as runs:
            for folder in folders:
                if not lock.holds(Path(out), token):
                    break
                statuses[folder] = _check(Path(out, folder), runs, solutions)
    finally:
        marker.unlink(missing_ok=True)
    return statuses


def run_task(out: str, token: str, index: int, folders: list[str]) -> dict[str, int]:
    """The same as a task of a job array, perhaps not for the first time: finished checks stay as they are.

    Stops when the run has ended, or another task has claimed this part (see grader.claim). It leaves nothing to
    tell who it was: its job may run on any node.
    """
    statuses: dict[str, int] = {}
    if (mine := claim.take(Path(out), token, index)) is None:
        return statuses
    with Runs() as runs:
        for folder in folders:
            if not mine.is_dir():
                break
            # Times of one node are never compared with those of another: what the solution reaches goes with the claim.
            status = _check(Path(out, folder), runs, mine / "solutions", ["--through", str(mine)])
            statuses[folder] = status
            if status == -signal.SIGTERM:
                # Slurm is about to end this job, and starts it again only if it has not ended by itself.
                time.sleep(KILL_WAIT_S)
    return statuses


def _check(folder: Path, runs: Runs, solutions: Path, more: Sequence[str] = ()) -> int:
    """Run all checks without a verdict of one submission; pytest's exit status, -1 when it could not run to its end."""
    assignment, submission = catalog.load(ASSIGNMENTS / folder.name), folder / "submission"
    words = [str(assignment.folder), "--resume"]
    words += ["--against", str(submission), "--results", str(folder / "results.json")]
    words += [fixtures.SOLUTIONS, str(solutions), *more]
    try:
        # The checks end with this job, also when it is killed: nothing goes on behind the head's back.
        return runs.run(
            intake.attempted(assignment, submission), words, timeout=TIMEOUT_S, preexec_fn=limits.die_with_parent
        ).returncode
    except (subprocess.TimeoutExpired, UsageError):  # UsageError: a new hand-in is being put in its place
        return -1
