"""`grader grade` and `grader report` as an instructor sees them: a progress bar, a line per hand-in, a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import batch, collect, course, roster, spreadsheet, standing
from grader.catalog import Assignment
from grader.collect import Submission
from grader.course import Course
from grader.errors import UsageError

try:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Table
    from rich.text import Text
except ModuleNotFoundError:
    raise UsageError("grading and reports need rich: pip install -e '.[instructor]'") from None

from grader import report as pages

RATE_S = 600.0
"""Seconds over which the bar takes its rate: hand-ins differ."""


class _Board:
    """Shows how far a class is: the bar counts hand-ins, a line is printed for each that ends."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._task: TaskID = progress.add_task("", total=None)
        self._status = ""
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

    def say(self, text: str) -> None:
        """Print what stays."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def status(self, tasks: str, left: str) -> None:
        """Show how the tasks of a job array are: beside the bar, or a line when it changes where there is no bar."""
        if self._progress.disable and tasks != self._status:
            self.say(tasks + left)
        self._status = tasks
        self._progress.update(self._task, description=tasks + left)

    def confirm(self, text: str) -> None:
        """Ask at the terminal; raises UsageError without a yes."""
        if not (self._console.is_terminal and sys.stdin.isatty()):
            raise UsageError(f"{text} Nobody can be asked here: add --yes, or grade fewer hand-ins (--assignment).")
        self._progress.stop()
        try:
            answer = input(f"{text} [y/N] ")
        except EOFError:  # Ctrl-D
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise UsageError("nothing was sent")
        self._progress.start()


@dataclass(frozen=True)
class Job:
    """Where a class is graded, and as what jobs."""

    site: str
    account: str = ""
    kind: str = ""
    gpus: int = 1
    throttle: int = 10
    yes: bool = False

    def runner(self, board: _Board) -> batch.Runner:
        """Raises UsageError when there is no such site, or no Slurm here."""
        from grader import sites, slurm, slurm_batch

        site = sites.load(self.site)
        slurm.require(site)
        return slurm_batch.SlurmBatch(site, board, self.account, self.kind, self.gpus, self.throttle, self.yes)


def _bar(console: Console, *, remaining: bool) -> Progress:
    """The bar on a terminal; with the time left where the rate so far tells it (Slurm's queue has no rate)."""
    columns: list[ProgressColumn] = [TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    columns += [TimeRemainingColumn(), TextColumn("left")] if remaining else []
    columns.append(TextColumn("{task.description}"))
    return Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=RATE_S
    )


def grade(
    source: Path, out: Path, assignments: list[Assignment], job: Job | None = None, again: Sequence[str] = ()
) -> int:
    """Grade a class, here or as jobs on a site; returns 1 when a hand-in has checks without a verdict."""
    console = Console()
    course.load()  # a mistake in it is said before hours of grading
    for line in collect.overlooked(source, assignments):
        console.print(f"Not graded: {' '.join(line.split())}", highlight=False, markup=False)
    with _bar(console, remaining=job is None) as progress:
        board = _Board(console, progress)
        runner = job.runner(board) if job else None
        submissions = batch.grade(source, out, assignments, board.show, runner, again=again)
    _print_table(console, out)
    left = [s for s in submissions if not batch.complete(s)]
    if left:
        console.print(
            f"{len(left)} hand-ins have checks without a verdict (the grader's fault). Run the same command again."
        )
    console.print(f"Report: grader report {out} --html report.html", highlight=False)
    return int(bool(left))


def report(out: Path, html: Path | None = None, csv: Path | None = None) -> int:
    """Print the table of a graded class, or write its pages, its CSV or both."""
    console, rules = Console(), course.load()
    if html is None and csv is None:
        _print_table(console, out)
    if html is not None:
        written = _write_pages(console, roster.submissions(out), html, rules)
        said = f"Wrote {html}, and the pages of {len(written) - 1} students to {written[0].parent}"
        console.print(said, highlight=False, markup=False, soft_wrap=True)
    if csv is not None:
        count = spreadsheet.write(roster.each(out), csv, rules)
        console.print(f"Wrote {csv}: {count} rows", highlight=False, markup=False, soft_wrap=True)
    return 0


def _write_pages(console: Console, submissions: list[roster.Submission], html: Path, rules: Course) -> list[Path]:
    columns = (TextColumn("writing pages"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pages", total=None)
        return pages.write(submissions, html, rules, lambda n, total: progress.update(task, completed=n, total=total))


def _print_table(console: Console, out: Path) -> None:
    everyone = standing.class_of(roster.submissions(out), course.load())
    numbers = [result.submission.assignment.partition("_")[0] for result in everyone[0].results]
    narrow = console.width < 16 + 11 * len(numbers) + 13
    shown = [[_cell(result, short=narrow) for result in one.results] for one in everyone]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", overflow="fold", min_width=12)
    for name in (*numbers, *(["total"] if numbers[1:] else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for one, cells in zip(everyone, shown, strict=True):
        total = [_points(one.total)] if numbers[1:] else []
        table.add_row(*map(Text, (_one_line(one.name), *cells, *total)))
    console.print(table)
    text = "".join(cell for cells in shown for cell in cells)
    said = "Points earned; in all, of those judged here." if narrow else "Points earned, of those judged here."
    said += " A total leaves out what was not attempted." if numbers[1:] else ""
    console.print(said, *(words for sign, words in LEGEND.items() if sign in text))
    for one in everyone:
        if notes := standing.notes(one):
            console.print(Text(_one_line(one.name)))
            lines = (Text(f"{number}  {note}") for number, note in notes)
            console.print(*(Padding(line, (0, 0, 0, 2), expand=False) for line in lines), sep="\n")
    if any(r.submission.data and not r.submission.data["isolated"] for one in everyone for r in one.results):
        console.print("Hand-ins ran without a sandbox (isolated: false): look at the code of people you do not know.")


LEGEND = {
    "-": "-: not attempted, or not handed in.",
    "?": "?: no results yet, or none that can be read.",
    "*": "*: incomplete, not final.",
    "\n": "Below: the framework that counts.",
}
"""Signs in the cells of the table in the terminal, and what they mean."""


def _cell(one: standing.Result, *, short: bool) -> str:
    if one.grade is None:
        missing = one.words in (standing.NOT_HANDED_IN, roster.ABSENT) or one.words.endswith("not attempted")
        return "-" if missing else "?"
    names = {"torch": "torch", "tensorflow": "tf", "": "mean"}
    counts = f"\n{names.get(one.grade.framework, one.grade.framework)}" if one.counts else ""
    return _points(one.grade, short=short) + counts


def _points(grade: course.Grade, *, short: bool = False) -> str:
    judged = "" if short else f" of {grade.judged:g}"
    return f"{grade.earned:g}{judged}{'*' if grade.pending else ''}"


def _one_line(name: str) -> str:
    return " ".join(name.split())
