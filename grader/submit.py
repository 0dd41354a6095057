"""`grader submit 03`: the checks of `pytest assignments/03` on a GPU node, in a job of the student's own.

There is one job per assignment at most: while it waits or runs, or has ended unseen, the same command comes back to it.
"""

from __future__ import annotations

import fnmatch
import os
import re
import socket
from dataclasses import dataclass, replace

from grader import desk, follow, lock, sites, slurm, submit_job, ticket
from grader.catalog import SELF_CHECKS, Assignment
from grader.errors import UsageError
from grader.sites import Request, Site
from grader.terminal import Sheet
from grader.ticket import Ticket

LEAST_MINUTES = 2
"""The shortest time limit: SIGNAL_S must leave time for the checks."""
SIGNAL_S = 30
"""Seconds before the time limit at which the job is told, so that it keeps what it has found."""


@dataclass(frozen=True)
class Wish:
    """What the command line asks for; empty where it says nothing."""

    site: str
    account: str
    gpus: str
    """A count, or TYPE:COUNT."""
    minutes: int
    framework: str


def submit(assignment: Assignment, wish: Wish, *, again: bool, wait: bool) -> int:
    """Submit a job, or come back to the one there is; with `wait` (or when it has ended) show its verdicts.

    Returns 0; 1 when a check failed or the job broke; 130 after Ctrl-C, which leaves the job. Raises UsageError.
    """
    job, sheet = None, follow.sheet()
    try:
        with _alone(assignment):
            job = _earlier(assignment, sheet, again=again) or _new(assignment, wish, sheet)
        if wait or job.complete or not (task := follow.task_of(job)) or not task.alive:
            return follow.follow(assignment, job, sheet)
        sheet.line(follow.standing(job, task))
    except KeyboardInterrupt:
        sheet.line("\n" + (f"Job {job.job} goes on." if job else "Stopped. If Slurm has the job already:"))
        sheet.line(_ways(assignment, job))
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(
            f"cannot read or write {error.filename or 'a file'}: {error.strerror}.\n"
            "A job that was sent goes on. Mend that (free some space?) and run the same command again."
        ) from None
    sheet.line(_ways(assignment, job))
    return 0


def _ways(assignment: Assignment, job: Ticket | None) -> str:
    back = f"Come back to it: grader submit {assignment.number}"
    return f"{back}\nCancel it: scancel {job.job}" if job else back


def _alone(assignment: Assignment) -> lock.FolderLock:
    """While a job is looked for or sent: two commands that are typed at once make one job."""
    home = SELF_CHECKS / assignment.name
    home.mkdir(parents=True, exist_ok=True)
    return lock.FolderLock(home, "grader submit")


def _earlier(assignment: Assignment, sheet: Sheet, *, again: bool) -> Ticket | None:
    """The job that there is; None when there is none, or, with `again`, no longer."""
    job = ticket.read(assignment)
    if job is None:
        return None
    ended = f"Back to the job of {job.submitted}, which has ended. Check anew: the same command once more."
    if job.complete and not again:
        sheet.line(ended)
        return job
    _require_slurm(assignment)
    task = follow.task_of(job)
    if again:
        if task and task.alive:
            slurm.cancel([task.job])
            sheet.line(f"Cancelled job {task.job}.")
        return None
    if task is None and not job.job:
        return None  # Slurm never got it
    alive = f"Back to the job of {job.submitted}. A new one: grader submit {assignment.number} --again"
    sheet.line(alive if task and task.alive else ended)
    return job.numbered(task.job) if task else job


def _require_slurm(assignment: Assignment) -> None:
    slurm.require_commands("Submit from a login node of the cluster", f"pytest assignments/{assignment.number}")


def _new(assignment: Assignment, wish: Wish, sheet: Sheet) -> Ticket:
    """Submit what is there now."""
    _require_slurm(assignment)
    if wish.framework:
        desk.sides_of(assignment, wish.framework)
    site = sites.load(wish.site) if wish.site else here()
    request = _request(site, wish)
    slurm.require(site)
    sheet.line(_announced(assignment, site, request))
    job = ticket.stage(assignment, wish.minutes)
    made = slurm.executor(site, job.log.parent, replace(request, name=job.name))
    made.update_parameters(signal_delay_s=SIGNAL_S)
    job.save()  # before Slurm has it: a job that we do not hear of is found again by its name
    try:
        (number,) = slurm.submit(made, submit_job.run, [assignment.name], [job.name], [wish.framework])
    except UsageError as error:
        if isinstance(error, slurm.NoCluster) or not isinstance(error, slurm.Unreachable):
            job.forget()  # else Slurm may have it
        raise
    sheet.line(f"Submitted as job {number}.")
    return job.numbered(number)


def here() -> Site:
    """The site whose profile knows this host."""
    host = socket.gethostname()
    known = [sites.load(name) for name in sites.names()]
    found = [site for site in known if any(fnmatch.fnmatch(host, pattern) for pattern in (*site.hosts, site.login))]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"no profile knows the host {host}. Say which site this is, --site with one of\n{', '.join(sites.names())}"
    )


def _request(site: Site, wish: Wish) -> Request:
    """The job in the site's words. Raises UsageError for what the site does not have, or without an account."""
    kind, _, count = wish.gpus.rpartition(":")
    if not count.isdigit():
        raise UsageError(f"--gpus {wish.gpus}: expected a number, or TYPE:NUMBER")
    account = wish.account or os.environ.get("SBATCH_ACCOUNT", "")
    if not re.fullmatch(site.account.pattern, account):
        given = f"'{account}' does not look like an account of" if account else "an account is needed on"
        raise UsageError(f"{given} {site.title}. Give yours: --account {site.account.form}")
    if wish.minutes < LEAST_MINUTES:
        raise UsageError(f"--minutes {wish.minutes}: expected {LEAST_MINUTES} or more")
    request = Request(minutes=wish.minutes, gpus=int(count), type=kind, account=account)
    site.options(request)
    return replace(request, type=site.gpu_type(request))


def _announced(assignment: Assignment, site: Site, request: Request) -> str:
    """What is asked for, and what of the project it may use: most, when the job runs to its limit."""
    cards = "1 GPU" if request.gpus == 1 else f"{request.gpus} GPUs"
    kind = f" ({request.type})" if request.type else ""
    most = f"{request.gpus * request.minutes} GPU minutes"
    if (price := site.gpus.cost.get(request.type)) is not None:
        most += f", {price * request.gpus * request.minutes / 60:.3g} {site.gpus.unit}"
    return (
        f"{assignment.number} {assignment.title}, in a job on {site.title} for {request.account}:\n"
        f"{cards}{kind} for {request.minutes} minutes at most; up to {most}.\n"
        "Your code goes along as it is now: edit on if you like."
    )
