"""`grader grade` and `grader report` as an instructor sees them: a progress bar, a line per hand-in, a table."""

from __future__ import annotations

from pathlib import Path

from grader import batch, results, roster
from grader.catalog import Assignment
from grader.collect import Submission
from grader.errors import UsageError

try:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
    from rich.table import Table
    from rich.text import Text
except ModuleNotFoundError:
    raise UsageError("grading and reports need rich: pip install -e '.[instructor]'") from None

from grader import report as pages


class _Board:
    """Shows how far a class is: the bar counts hand-ins, a line is printed for each that ends."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._task: TaskID = progress.add_task("hand-ins", total=None)
        self._state: dict[tuple[str, str], tuple[int, int]] = {}
        self._said: set[tuple[str, str]] = set()

    def show(self, submission: Submission, done: int, total: int) -> None:
        """Called by the batch whenever it looked at a submission."""
        name = (submission.id, submission.assignment.name)
        self._state[name] = (done, total)
        share = sum(d / t for d, t in self._state.values() if t)
        self._progress.update(self._task, completed=share, total=max(len(self._state), 1))
        if total and done == total and name not in self._said and batch.complete(submission):
            self._said.add(name)
            who = " ".join(submission.name.split())
            line = f"{len(self._said)} of {len(self._state)}  {submission.id}  {submission.assignment.number}  {who}"
            self._console.print(line, highlight=False, markup=False)


def grade(source: Path, out: Path, assignments: list[Assignment]) -> int:
    """Grade a class; returns 1 when a hand-in has checks without a verdict."""
    console = Console()
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        submissions = batch.grade(source, out, assignments, _Board(console, progress).show)
    _print_table(console, out)
    left = [s for s in submissions if not batch.complete(s)]
    if left:
        console.print(
            f"{len(left)} hand-ins have checks without a verdict (the grader's fault). Run the same command again."
        )
    console.print(f"Report: grader report {out} --html report.html", highlight=False)
    return int(bool(left))


def report(out: Path, html: Path | None) -> int:
    """Print the table of a graded class, or write its page."""
    console = Console()
    if html is None:
        _print_table(console, out)
    else:
        pages.write(out, html)
        console.print(f"Wrote {html}", highlight=False)
    return 0


def _print_table(console: Console, out: Path) -> None:
    table = Table("name", "assignment", "points", "note")
    for row in roster.table(out):
        points = f"{row.earned:g} of {row.judged:g}" if row.framework and row.attempted else ""
        assignment = f"{row.assignment} ({row.framework})" if row.framework else row.assignment
        table.add_row(*map(Text, (row.name, assignment, points, row.note)))
    console.print(table)
    if any(results.read(path)["isolated"] is False for path in out.glob(f"*/*/{results.NAME}")):
        console.print("Hand-ins ran without a sandbox (isolated: false): look at the code of people you do not know.")
