"""OUT/ledger.csv: what each check took, by opaque id; from the results alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from grader import atomic, batch, results
from grader.collect import Submission

NAME = "ledger.csv"
COLUMNS = ("id", "assignment", "framework", "check", "verdict", "seconds", "gpu_hours", "gpu")


def write(out: Path, submissions: Iterable[Submission], gpus: int) -> None:
    """Write a row per check that has run, with the GPU hours of a job that holds `gpus` GPUs.

    Rows of other hand-ins stay: those of another assignment, graded before. Waiting in the queue and imports are not
    in it. Raises UsageError when it cannot be written.
    """
    submissions = list(submissions)
    mine = {(s.id, s.assignment.name) for s in submissions}
    others = [row for row in _known(out / NAME) if (row[0], row[1]) not in mine]
    with atomic.replacing(out / NAME) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(others)
        for submission in submissions:
            if sum(batch.counts(submission)):
                writer.writerows(_rows(submission, gpus))


def _known(path: Path) -> list[list[str]]:
    """The rows that are there; none where there is no ledger, or none of this form."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
    except (OSError, ValueError):  # ValueError: no first line, or no UTF-8
        return []
    return [row for row in rows if len(row) == len(COLUMNS)] if head == list(COLUMNS) else []


def _rows(submission: Submission, gpus: int) -> Iterable[tuple[object, ...]]:
    data = results.read(submission.results)
    for check in data["checks"]:
        if (seconds := check.get("seconds")) is not None:
            hours = f"{seconds * gpus / 3600:.5f}"
            what = (submission.id, submission.assignment.name, check["framework"], check["id"], check["verdict"])
            yield (*what, seconds, hours, data["machine"].get("gpu") or "")
