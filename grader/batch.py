"""Grades a folder of submissions as jobs, resumable at any moment: here, with submitit's local executor, one at a time.

The jobs write the results; the head only stages, submits, watches and reports. Killed at any point and started
again it finds finished checks in their results.json, ends jobs that an earlier head left, and goes on. Another runner
sends job arrays to a site: grader.slurm_batch.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import array, batch_job, collect, lock, machine, results
from grader.catalog import ROOT, Assignment
from grader.collect import Submission
from grader.errors import UsageError
from grader.roster import STUDENTS

if TYPE_CHECKING:
    import submitit

PER_JOB = 16
ATTEMPTS = 3
POLL_S = 0.2

Progress = Callable[[Submission, int, int], None]
"""Called with a submission, its checks that have a verdict, and all its checks."""
Runner = Callable[[Path, str, list[Submission], Progress], None]
"""Runs the checks without a verdict of submissions staged in a folder, which is held by the lock of this token."""


def grade(
    source: Path,
    out: Path,
    assignments: list[Assignment],
    show: Progress,
    runner: Runner | None = None,
    *,
    again: Collection[str] = (),
) -> list[Submission]:
    """Grade every hand-in below `source` into `out`, with `runner` or here. Returns the submissions, staged.

    Verdicts stay, but for those in `again`: their checks are run once more.

    Raises UsageError for input that cannot be graded, a folder in use, a full disk; and, after all others were
    graded, for results that this grader cannot read.
    """
    _check_folders(source, out)
    try:
        (out / "jobs").mkdir(parents=True, exist_ok=True, mode=0o700)
        out.chmod(0o700)
        with lock.FolderLock(out) as held:
            submissions = _stage(source, out, assignments)
            _reopen(submissions, again)
            _grade(out, submissions, held.token, show, runner or _run_here)
            return submissions
    except OSError as error:
        raise UsageError(
            f"cannot write {error.filename or out}: {error.strerror}.\n"
            "Nothing that was graded is lost. Mend that (free some space, or choose another --out) and run it again."
        ) from None


def _stage(source: Path, out: Path, assignments: list[Assignment]) -> list[Submission]:
    _end_survivors(out)
    return collect.collect(source, out, assignments)


def _reopen(submissions: list[Submission], again: Collection[str]) -> None:
    for submission in submissions if again else ():
        usable = not _problem(submission)  # what is wrong with it is said later, when all others were graded
        if usable and (data := _results(submission)) and results.reopen(data, again):
            results.write(submission.results, data)


def _grade(out: Path, submissions: list[Submission], token: str, show: Progress, runner: Runner) -> None:
    unusable = {s.folder: problem for s in submissions if (problem := _problem(s))}
    usable = [s for s in submissions if s.folder not in unusable]
    for submission in usable:
        show(submission, *counts(submission))
    runner(out, token, usable, show)
    for submission in usable:
        show(submission, *counts(submission))
    if unusable:
        raise UsageError("\n".join([*unusable.values(), "All other hand-ins were graded."]))


def _run_here(out: Path, token: str, submissions: list[Submission], show: Progress) -> None:
    array.refuse_other(out, "")
    for _ in range(ATTEMPTS):
        pending = [s for s in submissions if not complete(s)]
        for start in range(0, len(pending), PER_JOB):
            _run_job(out, token, pending[start : start + PER_JOB], show)


def _problem(submission: Submission) -> str:
    """Why earlier results of a hand-in cannot be used; empty when they can."""
    try:
        _results(submission)
    except UsageError as error:
        return str(error)
    return ""


def complete(submission: Submission) -> bool:
    """Whether every check of this hand-in, as it is now, has a verdict that needs no second run."""
    data = _results(submission)
    return data is not None and all(c["verdict"] in results.FINAL for c in data["checks"])


def _results(submission: Submission) -> results.Results | None:
    """The results of this hand-in as it is now; None when there are none. UsageError: not ours to read."""
    data = results.read(submission.results) if submission.results.exists() else None
    # A job that began with an earlier hand-in may still write.
    return data if data and data["key"] == submission.key else None


def counts(submission: Submission) -> tuple[int, int]:
    """How many checks of this hand-in have a verdict, of how many; 0 of 0 before the first results."""
    data = _results(submission)
    checks = data["checks"] if data else []
    return sum(c["verdict"] is not None for c in checks), len(checks)


def _run_job(out: Path, token: str, chunk: Sequence[Submission], show: Progress) -> None:
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    executor = _executor(out / "jobs", len(chunk))
    folders = [str(s.folder.relative_to(out)) for s in chunk]
    with _stderr_to(out / "jobs" / "local.log"):  # where Ctrl-C, which reaches submitit's own process too, ends it
        job: submitit.Job[Any] = executor.submit(batch_job.run, str(out.resolve()), token, folders)
    try:
        while not job.done():
            for submission in chunk:
                show(submission, *counts(submission))
            time.sleep(POLL_S)
    except BaseException:  # Ctrl-C: the job ends with its head; what is finished stays
        _end_survivors(out)
        raise


@contextlib.contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """What is started meanwhile writes its errors to this file."""
    kept = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _executor(folder: Path, submissions: int) -> submitit.LocalExecutor:
    try:
        import submitit
    except ModuleNotFoundError:
        raise UsageError("grading a class needs submitit: pip install -e '.[instructor]'") from None
    # submitit hides all GPUs from a local job that asks for none.
    executor = submitit.LocalExecutor(folder=folder)
    executor.update_parameters(
        timeout_min=submissions * batch_job.TIMEOUT_S / 60 + 1, gpus_per_node=len(machine.gpus())
    )
    return executor


def _check_folders(source: Path, out: Path) -> None:
    """Refuse, before anything is written, folders that cannot be what they are given as."""
    if not source.exists():
        raise UsageError(f"no such folder: {source}")
    if not source.is_dir():
        raise UsageError(f"{source} is a file; expected a folder with a folder or a .zip per student")
    if out.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"the results folder {out} lies in the hand-ins; choose one outside with --out")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; choose a folder for the results with --out")
    if out.is_dir() and not (out / STUDENTS).exists():
        foreign = [p for p in out.iterdir() if p.name not in ("jobs", "lock") and not p.name.startswith(".")]
        if foreign:
            raise UsageError(f"{out} is not empty and holds no earlier grading. Choose another folder with --out.")


def _end_survivors(out: Path) -> None:
    """End the jobs that a killed head left on this machine: their unfinished checks are run again."""
    for marker in (out / "jobs").glob(f"{batch_job.RUNNING}-*.json"):
        with contextlib.suppress(OSError, ValueError):
            owner = json.loads(marker.read_text("utf-8"))
            while lock.alive(owner):
                os.kill(owner["pid"], signal.SIGKILL)
                time.sleep(0.05)
            if lock.alive(owner) is False:
                marker.unlink(missing_ok=True)
