"""OUT/jobs/array.json: the job array that is on its way, so that a head that was killed finds it again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader import schema
from grader.errors import UsageError

NAME = "array.json"


@dataclass
class Array:
    """One array: written without a job number before it is submitted, with it afterwards."""

    token: str
    """Names the run: its job, and what its tasks claim."""
    site: str
    chunks: list[list[str]]
    """For each task the folders of its submissions, below the results folder."""
    attempts: dict[str, int]
    """How often a submission was sent, by folder, this time included."""
    minutes: int
    """Time limit of a task."""
    verdicts: int
    """Checks of these submissions that had a verdict when it was sent."""
    job: str = ""
    """Slurm's number; empty while nobody knows it."""

    @property
    def name(self) -> str:
        """The job's name: opaque, and found by squeue when the number is not known."""
        return f"grade-{self.token}"

    def save(self, out: Path) -> None:
        """Write it in one step. Raises OSError."""
        path = _path(out)
        temporary = path.with_name(f".{NAME}.{os.getpid()}")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"schema": 1, **asdict(self)}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def load(out: Path) -> Array | None:
    """The array on its way; None when there is none. Raises UsageError when the file is not ours to read."""
    try:
        data: dict[str, Any] = json.loads(_path(out).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{_path(out)} cannot be read: {error}.\n{_GIVE_UP.format(path=_path(out))}") from None
    if found := schema.problems(data, "array"):
        raise UsageError(
            f"{_path(out)} is not what this grader writes: {found[0]}.\n{_GIVE_UP.format(path=_path(out))}"
        )
    del data["schema"]
    return Array(**data)


_GIVE_UP = (
    "It names the job array that is on its way. See `squeue --me`, cancel what is left (scancel), then: rm {path}"
)


def forget(out: Path) -> None:
    """Nothing is on its way any more."""
    _path(out).unlink(missing_ok=True)


def refuse_other(out: Path, site: str) -> None:
    """Raise UsageError when an array of another site is on its way; `site` is empty for this machine alone."""
    if (array := load(out)) is not None and array.site != site:
        number = array.job or f"--name={array.name}"
        raise UsageError(
            f"{out} waits for a job array on {array.site}. Go on with it: the same command with --site {array.site}\n"
            f"Or give it up, finished checks stay: scancel {number}; rm {_path(out)}"
        )


def _path(out: Path) -> Path:
    return out / "jobs" / NAME
