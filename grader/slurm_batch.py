"""Grades a class as a job array on a site: one array at a time, adopted again by a head that was killed.

The tasks write the results; this head submits, looks at the disk and at squeue once a round, and reports. Nothing
depends on Slurm's accounting, and a Slurm that does not answer means waiting.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from grader import array, batch, batch_job, claim, estimate, ledger, slurm
from grader import tasks as tasks_
from grader.array import Array
from grader.batch import ATTEMPTS, PER_JOB, Progress
from grader.collect import Submission
from grader.errors import UsageError
from grader.sites import Request, Site

MOST_TASKS = 1000
TASK_MINUTES = 60
"""Expected minutes of a task, at most: what one that is lost costs."""
FOUND_AFTER_S = 5.0
"""Seconds in which a submission becomes visible whose head was killed while sbatch ran."""
GONE_AFTER_S = 60.0
"""Seconds that tasks whose work is done may take to end before the next ones are sent all the same."""
RETRY_S = 5.0
"""Between two questions to a Slurm that did not answer, at least."""

_Answer = TypeVar("_Answer")


class Board(Protocol):
    """What a person sees meanwhile."""

    def say(self, text: str) -> None:
        """Print a line that stays."""

    def status(self, tasks: str, left: str) -> None:
        """Show how the tasks are and how long they may take; the next one takes its place."""

    def confirm(self, text: str) -> None:
        """Ask whether to go on. Raises UsageError when the answer is no, or nobody can be asked."""


@dataclass
class SlurmBatch:
    """A `batch.Runner` for a site."""

    site: Site
    board: Board
    account: str = ""
    kind: str = ""
    """Type of GPU; empty for the site's default."""
    gpus: int = 1
    """For each task."""
    throttle: int = 10
    """Tasks that run at a time."""
    yes: bool = False
    """Do not ask, whatever it costs."""

    def __call__(self, out: Path, token: str, submissions: list[Submission], show: Progress) -> None:  # noqa: ARG002
        """Send what has no verdict, watch, send again what a task left open. Raises UsageError for a refusal."""
        slurm.require(self.site)
        self.account = self.account or os.environ.get("SBATCH_ACCOUNT", "")
        if not self.account:
            raise UsageError(
                f"{self.site.title} needs to know who pays. Give your project: --account {self.site.account.form}"
            )
        array.refuse_other(out, self.site.name)
        if array.load(out) is None:
            slurm.first_contact()
        try:
            self._run(out, {str(s.folder.relative_to(out)): s for s in submissions}, show)
        finally:
            ledger.write(out, submissions, self.gpus)
        claim.close_all(out)
        for left in (out / "jobs").glob("*.pkl"):
            left.unlink(missing_ok=True)

    def _run(self, out: Path, mine: dict[str, Submission], show: Progress) -> None:
        live, attempts = self._adopt(out), Counter[str]()
        asked = set(live.attempts) if live else set()
        while True:
            if live:
                attempts = Counter(live.attempts)
                self._finish(out, live, mine, show)
            open_ = [f for f, s in mine.items() if not batch.complete(s) and attempts[f] < ATTEMPTS]
            if not open_:
                break
            if new := [f for f in open_ if f not in asked]:
                self._ask([mine[f] for f in new])
                asked.update(new)
            if live:
                self._until_gone(live)
            live = self._send(out, open_, mine, attempts)
        array.forget(out)

    def _ask(self, open_: list[Submission]) -> None:
        about = estimate.of([s.assignment for s in open_], self.site, self.kind, self.gpus)
        self.board.say(about.text)
        if about.gpu_hours > estimate.ASK_ABOVE and not self.yes:
            self.board.confirm(f"More than {estimate.ASK_ABOVE:g} GPU hours. Send them?")

    # --- sending -------------------------------------------------------------------------------------------------

    def _send(self, out: Path, open_: list[str], mine: dict[str, Submission], attempts: Counter[str]) -> Array:
        """Submit one array with as much as it may hold. A kill at any line is mended by `_adopt`."""
        chunks = list(self._chunks(open_, mine))[: min(MOST_TASKS, self.site.slurm.array)]
        sent = [f for chunk in chunks for f in chunk]
        attempts.update(sent)
        one = Array(
            token=secrets.token_hex(5),
            site=self.site.name,
            chunks=chunks,
            attempts=dict(attempts),
            minutes=max(self._limit([mine[f] for f in chunk]) for chunk in chunks),
            written=_newest([mine[f] for f in sent]),
        )
        claim.open_run(out, one.token)
        one.save(out)
        try:
            one.job = self._patiently(lambda: self._find(one) or self._submit(out, one))
        except UsageError:  # refused: nothing is on its way
            array.forget(out)
            claim.close_run(out, one.token)
            raise
        slurm.restore(self._executor(out, one), one.job, batch_job.run_task, *_columns(out, one))
        one.save(out)
        self.board.say(f"Sent {len(sent)} hand-ins to {self.site.title}: job {one.job}, {tasks_.count(len(chunks))}.")
        return one

    def _chunks(self, open_: list[str], mine: dict[str, Submission]) -> Iterator[list[str]]:
        """Folders for each task: one assignment after the other, so that imports and the solution's times are shared.

        As many tasks as run at a time would share the work evenly; more when a task would take too long.
        """
        ordered = sorted(open_, key=lambda f: (mine[f].assignment.name, f))
        minutes = sum(mine[f].assignment.gpu_minutes for f in ordered) / len(ordered)
        size = min(math.ceil(len(ordered) / self.throttle), PER_JOB, max(int(TASK_MINUTES / minutes), 1))
        for start in range(0, len(ordered), size):
            yield ordered[start : start + size]

    def _limit(self, chunk: Sequence[Submission]) -> int:
        """Minutes after which Slurm ends a task: twice the expected, and one hand-in that hangs as long as it may."""
        minutes = 2 * sum(s.assignment.gpu_minutes for s in chunk) + batch_job.TIMEOUT_S / 60 + 2
        return min(math.ceil(minutes), 60 * self.site.slurm.hours)

    def _submit(self, out: Path, one: Array) -> str:
        first, *_ = slurm.submit(self._executor(out, one), batch_job.run_task, *_columns(out, one))
        return first.partition("_")[0]

    def _executor(self, out: Path, one: Array) -> Any:
        job = Request(one.minutes, self.gpus, type=self.kind, account=self.account, name=one.name)
        return slurm.executor(self.site, out / "jobs", job, throttle=self.throttle)

    # --- coming back ---------------------------------------------------------------------------------------------

    def _adopt(self, out: Path) -> Array | None:
        """The array that an earlier head sent, and that may still run."""
        one = array.load(out)
        if one is None:
            return None
        if not one.job:
            end = time.monotonic() + FOUND_AFTER_S
            while not (job := self._patiently(lambda: self._find(one))) and time.monotonic() < end:
                time.sleep(1)
            if not job:  # it was never sent; should it appear yet, it finds its run ended
                claim.close_run(out, one.token)
                array.forget(out)
                return None
            one.job = job
            slurm.restore(self._executor(out, one), job, batch_job.run_task, *_columns(out, one))
            one.save(out)
        self.board.say(f"Going on with job {one.job} on {self.site.title}, {tasks_.count(len(one.chunks))}.")
        return one

    def _find(self, one: Array) -> str:
        """The number of a job that exists although nobody wrote it down; empty when there is none."""
        return next((task.job for task in slurm.queue([one.name])), "")

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask Slurm until it answers."""
        said = False
        while True:
            try:
                answer = ask()
            except slurm.Unreachable as error:
                if not said:
                    first, *_ = str(error).splitlines()
                    self.board.say(f"{first}\nWaiting for it. Nothing is lost; Ctrl-C stops, the same command goes on.")
                said = True
                time.sleep(max(self.site.slurm.poll_s, RETRY_S))
            else:
                return answer

    # --- watching ------------------------------------------------------------------------------------------------

    def _finish(self, out: Path, one: Array, mine: dict[str, Submission], show: Progress) -> None:
        """Watch an array until all is graded or all its tasks have ended; then nothing of it can write any more."""
        sent = [mine[f] for chunk in one.chunks for f in chunk if f in mine]
        disk = _Disk(sent, show)
        try:
            ended = self._watch(one, disk)
        except KeyboardInterrupt:
            self.board.say(f"The tasks go on. To cancel them, finished checks stay: scancel {one.job}")
            raise
        claim.close_run(out, one.token)
        by_themselves = ended and all(task.state in ("COMPLETED", "FAILED") for task in ended)
        if by_themselves and _newest(sent) == one.written and not disk.complete():
            array.forget(out)  # what is wrong with all of them will be wrong a second time
            raise UsageError(
                f"no task of job {one.job} wrote any result, so nothing was sent again.\n"
                f"{tasks_.last_words(out / 'jobs', one.job)}"
            )

    def _watch(self, one: Array, disk: _Disk) -> list[slurm.Task]:
        """Returns the tasks as they ended; none when all was graded before Slurm said so."""
        began, first, quiet = time.monotonic(), disk.look(), False
        while True:
            tasks, trouble = _look(one)
            if bool(trouble) != quiet:
                quiet = bool(trouble)
                self.board.say(f"{trouble}\nWaiting for it; the tasks go on." if quiet else "Slurm answers again.")
            share = disk.look()
            if share >= 1 and disk.complete():
                if tasks and any(task.waits for task in tasks):
                    with contextlib.suppress(slurm.Unreachable):  # they would find nothing to do
                        slurm.cancel([one.job])
                return []
            if tasks is not None and not any(task.alive for task in tasks):
                return tasks
            if tasks:
                self.board.status(tasks_.words(tasks), tasks_.left(time.monotonic() - began, first, share))
            time.sleep(self.site.slurm.poll_s)

    def _until_gone(self, one: Array) -> None:
        """Wait until its tasks have ended: until then they count against the number of jobs that a project may have."""
        end = time.monotonic() + GONE_AFTER_S
        while time.monotonic() < end:
            tasks, _ = _look(one)
            if tasks is not None and not any(task.alive for task in tasks):
                return
            time.sleep(self.site.slurm.poll_s)


class _Disk:
    """The results of some submissions; a file is read again only when it has changed."""

    def __init__(self, submissions: list[Submission], show: Progress) -> None:
        self._submissions, self._show = submissions, show
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._shares: dict[Path, float] = {}

    def look(self) -> float:
        """Show what has changed; returns the share of the checks with a verdict."""
        for submission in self._submissions:
            path = submission.results
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                if self._stamps.get(path) != (stamp := (found.st_mtime_ns, found.st_ino)):
                    done, total = batch.counts(submission)
                    self._show(submission, done, total)
                    self._stamps[path], self._shares[path] = stamp, done / total if total else 0.0
        return sum(self._shares.values()) / max(len(self._submissions), 1)

    def complete(self) -> bool:
        """Whether nothing has to be run again."""
        return all(map(batch.complete, self._submissions))


def _look(one: Array) -> tuple[list[slurm.Task] | None, str]:
    """The tasks in the queue, or none and why they cannot be seen."""
    try:
        return slurm.queue([one.name]), ""
    except slurm.Unreachable as error:
        return None, str(error).partition("\n")[0]


def _newest(submissions: list[Submission]) -> int:
    stamps = [0]
    for submission in submissions:
        with contextlib.suppress(FileNotFoundError):
            stamps.append(submission.results.stat().st_mtime_ns)
    return max(stamps)


def _columns(out: Path, one: Array) -> tuple[list[Any], ...]:
    """The arguments of `batch_job.run_task`, a list for each."""
    count = len(one.chunks)
    return [str(out.resolve())] * count, [one.token] * count, list(range(count)), one.chunks
