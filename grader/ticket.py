"""A job of a student's own: what was sent to it, which job it is, and what it has found so far.

Below build/self-check/<assignment>/: job.json says which job there is, at most one; check-<id>/ is its folder, with
the task files as they were sent (submission/), results.json and log/. What it finds ends beside job.json, in the
results.json of self-checks.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from grader import collect, intake, results
from grader.bench import key
from grader.catalog import SELF_CHECKS, Assignment

NAME = "job.json"
PREFIX = "check-"


@dataclass(frozen=True)
class Ticket:
    """What job.json holds."""

    assignment: str
    name: str
    """The job's name in Slurm, and of its folder: an opaque id."""
    key: str
    """Of what was sent, as in results.json: tells whether the code has changed since."""
    minutes: int
    submitted: str
    """Local time, for people."""
    job: str = ""
    """Slurm's number; empty while it is not known whether Slurm got the job."""

    @property
    def folder(self) -> Path:
        """Where the job finds and leaves its files."""
        return SELF_CHECKS / self.assignment / self.name

    @property
    def submission(self) -> Path:
        """The task files as they were sent."""
        return self.folder / "submission"

    @property
    def out(self) -> Path:
        """What the job writes after every check."""
        return self.folder / results.NAME

    @property
    def log(self) -> Path:
        """What the job prints."""
        return self.folder / "log" / f"{self.job}_0_log.out"

    def found(self) -> results.Results | None:
        """The results so far; None before the first."""
        return results.read(self.out) if self.out.exists() else None

    @property
    def complete(self) -> bool:
        """Whether every check has its verdict."""
        return all_judged(self.found())

    def numbered(self, job: str) -> Self:
        """The same with Slurm's number, saved."""
        ticket = replace(self, job=job)
        ticket.save()
        return ticket

    def save(self) -> None:
        """Write job.json, in one step."""
        collect.write_private(self.folder.with_name(NAME), json.dumps(asdict(self), indent=1))

    def forget(self) -> None:
        """The next `grader submit` is a new job. The folder stays until then: its log may be wanted."""
        self.folder.with_name(NAME).unlink(missing_ok=True)


def read(assignment: Assignment) -> Ticket | None:
    """The job that there is for this assignment, whether it waits, runs or has ended unseen."""
    path = SELF_CHECKS / assignment.name / NAME
    try:
        return Ticket(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):  # of another version, or edited: it names no job that we can find
        return None


def stage(assignment: Assignment, minutes: int) -> Ticket:
    """Copy the task files as they are now for a new job; what an earlier one left is removed."""
    home = SELF_CHECKS / assignment.name
    for old in home.glob(f"{PREFIX}*"):
        shutil.rmtree(old, ignore_errors=True)
    files = intake.take_all(assignment, assignment.folder)
    now = time.strftime("%Y-%m-%d %H:%M")
    ticket = Ticket(assignment.name, PREFIX + secrets.token_hex(4), key(assignment, files), minutes, now)
    ticket.folder.mkdir(parents=True, mode=0o700)
    collect.stage(ticket.submission, files)
    return ticket


def all_judged(data: results.Results | None) -> bool:
    """Whether every check in these results has its verdict."""
    return data is not None and all(c["verdict"] is not None for c in data["checks"])


def publish(found: Path, kept: Path) -> results.Results | None:
    """Make a job's results those of the self-check, unless there are newer ones. Returns them; None without any.

    As in a self-check of one framework, the verdicts on the other one stay where they are about the same code.
    """
    if not found.exists():
        return None
    data = results.read(found)
    old = results.read(kept) if kept.exists() else None
    if old and old["key"] == data["key"]:
        mine = set(results.frameworks(data))
        checks = data["checks"] + [c for c in old["checks"] if c["framework"] not in mine]
        data["checks"] = sorted(checks, key=lambda c: c["framework"] != "torch")
    if old is None or _when(old) < _when(data):
        results.write(kept, data)
    return data


def _when(data: results.Results) -> datetime:
    return datetime.strptime(data["updated"], "%Y-%m-%dT%H:%M:%S%z")
