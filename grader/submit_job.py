"""What runs inside a student's own job: the checks on the task files as they were sent."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from grader import catalog, intake, results, ticket
from grader.catalog import ASSIGNMENTS, SELF_CHECKS
from grader.errors import UsageError
from grader.runs import Runs
from grader.worker import limits


def run(assignment: str, name: str, framework: str) -> int:
    """Check the task files of the job `name` for the assignment of this name; one framework's, when it is not empty.

    Returns pytest's exit status: information only, the verdicts are in results.json. Raises RuntimeError when there
    are none. Started again after a preemption, it goes on where it stopped.
    """
    topic = catalog.load(ASSIGNMENTS / assignment)
    folder = SELF_CHECKS / assignment / name
    submission, out = folder / "submission", folder / results.NAME
    side = topic.side(framework) if framework else None
    words = [str(topic.folder / side.test if side else topic.folder), "--resume"]
    words += ["--against", str(submission), "--results", str(out)]
    try:
        with Runs() as runs:
            sides = [side] if side else intake.attempted(topic, submission)
            # The checks end with this job, also when it is killed.
            answer = runs.run(sides, words, stderr=subprocess.PIPE, preexec_fn=limits.die_with_parent)
    finally:  # also at the time limit, of which submitit tells by an exception
        with contextlib.suppress(UsageError):  # results that another version wrote stay where they are
            ticket.publish(out, SELF_CHECKS / assignment / results.NAME)
    sys.stderr.write(answer.stderr)
    if not out.exists():
        last = [line for line in answer.stderr.splitlines() if line.strip()][-1:]
        raise RuntimeError("no check ran: " + (last[0] if last else f"pytest ended with {answer.returncode}"))
    return answer.returncode
