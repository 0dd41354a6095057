"""How the tasks of a job array are, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from grader.slurm import Task


def count(number: int) -> str:
    """`one task`, `2 tasks`."""
    return "one task" if number == 1 else f"{number} tasks"


def clock(text: str) -> str:
    """A time of Slurm's for people: 14:05 today, else with the date; empty when Slurm knows none."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{when:%H:%M}" if when.date() == datetime.now().date() else f"{when:%Y-%m-%d %H:%M}"  # noqa: DTZ005 - as Slurm's, local


def words(tasks: Sequence[Task]) -> str:
    """How many run and wait, why those that wait do, and when Slurm expects to start the next."""
    waiting = [task for task in tasks if task.waits]
    running = sum(task.alive for task in tasks) - len(waiting)
    if not waiting:
        return f"{count(running)} running"
    ((reason, _),) = Counter(task.reason for task in waiting).most_common(1)
    starts = sorted(task.start for task in waiting if clock(task.start))
    expected = f", next about {clock(starts[0])}" if starts and not running else ""
    why = f" ({reason}{expected})" if reason not in ("None", "") else ""
    return f"{count(running)} running, {len(waiting)} waiting{why}"


def left(seconds: float, first: float, share: float) -> str:
    """What remains at the rate so far, when the share of checks with a verdict grew from `first` in `seconds`."""
    if share - first <= 0:
        return ""
    minutes = seconds * (1 - share) / (share - first) / 60
    return f", {minutes:.0f} min left" if minutes >= 1 else ", less than 1 min left"


def last_words(folder: Path, job: str) -> str:
    """What a task of this job wrote last into its log, and where that is."""
    for log in sorted(folder.glob(f"{job}_*_log.out")):
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
        said = [line for line in lines if line and not line.startswith(("submitit INFO", "srun: error: "))]
        if said:
            return f"{log} ends with: {''.join(c for c in said[-1] if c.isprintable())[:200]}"
    return f"Its tasks left nothing in {folder}: can a node write there? Is the Python of the profile on it?"
