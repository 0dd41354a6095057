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

    Waiting in the queue and imports are not in it. Raises UsageError when it cannot be written.
    """
    with atomic.replacing(out / NAME) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for submission in submissions:
            if sum(batch.counts(submission)):
                writer.writerows(_rows(submission, gpus))


def _rows(submission: Submission, gpus: int) -> Iterable[tuple[object, ...]]:
    data = results.read(submission.results)
    for check in data["checks"]:
        if (seconds := check.get("seconds")) is not None:
            hours = f"{seconds * gpus / 3600:.5f}"
            what = (submission.id, submission.assignment.name, check["framework"], check["id"], check["verdict"])
            yield (*what, seconds, hours, data["machine"].get("gpu") or "")
