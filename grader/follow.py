"""Follows a student's own job: where it stands in Slurm's queue, then verdicts as they come, as `pytest` shows them."""

from __future__ import annotations

import re
import sys
import time

from _pytest._io import TerminalWriter  # the one that pytest gives its plugins: same width, same rule for colours

from grader import bench, intake, results, slurm, tasks, ticket
from grader.catalog import ROOT, SELF_CHECKS, Assignment
from grader.terminal import Sheet
from grader.ticket import Ticket

POLL_S = 0.5
"""Seconds between two looks at the results."""
ASK_S = (1.0, 15.0)
"""Seconds between two questions to Slurm: at first, and after a while without news."""
LAG_S = {"COMPLETED": 30.0}
"""How long results may come after the job's end, as network disks show them late; LAST_S for other ends."""
LAST_S = 3.0
GONE = "GONE"
"""State of a job that Slurm no longer lists."""
ENDS = {
    "CANCELLED": "it was cancelled",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node failed",
    "PREEMPTED": "a job of higher priority took its place",
    "OUT_OF_MEMORY": "it ran out of memory",
}
"""Ends that say why by themselves; for the others the log does."""
REASONS = {
    "Priority": "others come first",
    "Resources": "it is next, when GPUs get free",
    "ReqNodeNotAvail": "nodes are reserved or down",
    "BeginTime": "it starts again soon",
}
TOLD = re.compile(r"error\b|exception\b|not found|no such file|^bad ", re.IGNORECASE)
"""Lines of a log that tell why a job ended; `bad` is how `grader doctor` begins one."""
ECHO = re.compile(r"Exited with exit code|triggered an exception")
"""What srun and submitit say of an error that was told before."""
SAID_TIMEOUT = re.compile(r"DUE TO TIME LIMIT|timed-out and not checkpointable")


def sheet() -> Sheet:
    """Standard output, as pytest would write on it."""
    return Sheet(TerminalWriter(sys.stdout))


def follow(assignment: Assignment, job: Ticket, sheet: Sheet) -> int:
    """Show queue, verdicts and scores until the job has ended. Returns 0 when no check failed, else 1."""
    state = _watch(assignment, job, sheet)
    data, known = job.found(), ticket.publish(job.out, SELF_CHECKS / job.assignment / results.NAME)
    if known is not None:
        sheet.scores(assignment, known)
    if not job.complete:
        sheet.line("\n".join(_why(assignment, job, state)))
    job.forget()
    if bench.key(assignment, intake.take_all(assignment, assignment.folder)) != job.key:
        sheet.line(f"Your code has changed since it was sent. Check it anew: grader submit {assignment.number}")
    bad = ("failed", "grader fault", None)
    return int(data is None or any(entry["verdict"] in bad for entry in data["checks"]))


def standing(job: Ticket, task: slurm.Task | None) -> str:
    """One line on where a job stands, for example `Job 4711 is queued: others come first.`"""
    number = f"Job {job.job}" if job.job else "The job"
    if task is None or not task.alive:
        return f"{number} has ended."
    if not task.waits:
        return f"{number} is running" + (f" (since {tasks.clock(task.start)})." if tasks.clock(task.start) else ".")
    reason = task.reason.split(",")[0].removesuffix("None")
    words = REASONS.get(reason, "")
    line = f"{number} is queued{': ' if words else ''}{words}{f' ({reason})' if reason else ''}."
    return line + (f" Slurm expects it to start at {tasks.clock(task.start)}." if tasks.clock(task.start) else "")


def task_of(job: Ticket) -> slurm.Task | None:
    """The job as Slurm lists it; None when it does not. Raises slurm.Unreachable."""
    return next(iter(slurm.queue([job.name])), None)


def _watch(assignment: Assignment, job: Ticket, sheet: Sheet) -> str:
    """Print until every check has its verdict, or the job has ended. Returns Slurm's word for its end."""
    shown: set[tuple[str, str]] = set()
    said, pause, ask_at, until, state = "", ASK_S[0], 0.0, None, ""
    while True:
        complete = job.complete  # asked first: a verdict that comes in between would not be shown
        _show_new(assignment, job, sheet, shown)
        now = time.monotonic()
        if complete or (until and now > until):
            return state
        if until is None and now >= ask_at:
            state, line = _ask(job)
            if line != said:
                said, pause = line, ASK_S[0]
                if not (shown and state == "RUNNING"):  # verdicts say so themselves; a line would split them
                    sheet.line(line)
            ask_at, pause = now + pause, min(pause * 1.5, ASK_S[1])
            until = now + LAG_S.get(state, LAST_S) if state in slurm.ENDED or state == GONE else None
        time.sleep(POLL_S)


def _ask(job: Ticket) -> tuple[str, str]:
    """State of the job, and a line for people; nothing is said about a job that has ended: its results follow."""
    try:
        task = task_of(job)
    except slurm.Unreachable as error:
        return "", f"{str(error).splitlines()[0]} The job goes on; asking again."
    if task is None or not task.alive:
        return (task.state if task else GONE), ""
    return task.state, standing(job, task)


def _show_new(assignment: Assignment, job: Ticket, sheet: Sheet, shown: set[tuple[str, str]]) -> None:
    if (data := job.found()) is None:
        return
    for entry in data["checks"]:
        place = (entry["framework"], entry["id"])
        if entry["verdict"] is not None and place not in shown:
            shown.add(place)
            sheet.check(assignment, data, entry)


def _why(assignment: Assignment, job: Ticket, state: str) -> list[str]:
    """Why a job has ended before its checks, where its log is, and what to do."""
    try:
        log = job.log.read_text("utf-8", "replace")
    except OSError:
        log = ""
    again = f"grader submit {assignment.number}"
    if state == "TIMEOUT" or SAID_TIMEOUT.search(log):
        why, again = f"it reached its time limit of {job.minutes} minutes", f"{again} --minutes {2 * job.minutes}"
    else:
        why = ENDS[state] if state in ENDS else f"it failed{_last_error(log)}"
    lines = [f"Job {job.job} ended before all checks had a verdict: {why}."]
    shown = job.log.relative_to(ROOT) if job.log.is_relative_to(ROOT) else job.log
    if log:
        lines.append(f"Its log: {shown}")
    elif state not in ENDS:
        lines.append(f"It left no log in {shown.parent}: do the nodes see this folder?")
    return [*lines, f"Again: {again}"]


def _last_error(log: str) -> str:
    """The last line of a log that tells of an error, in brackets."""
    told = [line.strip() for line in log.splitlines() if TOLD.search(line) and not ECHO.search(line)]
    return f" ({told[-1].removeprefix('bad ').strip()[:150].rstrip('.')})" if told else ""
