"""Where each student stands: one grade per assignment, their sum, and what a person should know beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from grader import course, panel, results, roster
from grader.course import Course, Grade
from grader.roster import Row, Submission

WAITING = "no results yet"
NOT_HANDED_IN = "not handed in"
"""No task file of the assignment is in the hand-in, perhaps for its name: a person should know."""


@dataclass(frozen=True)
class Result:
    """One student in one assignment: a row per framework, and the grade; None when there is none, `words` says why."""

    submission: Submission
    rows: tuple[Row, ...]
    grade: Grade | None
    words: str = ""
    """In place of points: `not attempted`, `no results yet` and the like."""

    @property
    def counts(self) -> str:
        """Which framework counts, and why; empty where the assignment has only one."""
        return panel.counts(self.grade) if self.grade and len(self.rows) > 1 else ""


@dataclass(frozen=True)
class Standing:
    """One student with every assignment of the class, in order."""

    id: str
    name: str
    results: tuple[Result, ...]

    @property
    def total(self) -> Grade:
        """The sum of the grades there are."""
        sum_ = course.total(result.grade for result in self.results)
        waiting = sum(result.words == WAITING for result in self.results)
        return replace(sum_, pending=sum_.pending + waiting)

    @property
    def missing(self) -> int:
        """Assignments without a grade."""
        return sum(result.grade is None for result in self.results)


def class_of(submissions: Iterable[Submission], rules: Course) -> list[Standing]:
    """Everyone's standing, in the order of the submissions, which lie together by student."""
    return [
        Standing(id_, next(iter(mine)).name, tuple(result(s, rules) for s in mine))
        for id_, group in groupby(submissions, key=attrgetter("id"))
        for mine in [list(group)]
    ]


def result(submission: Submission, rules: Course) -> Result:
    """One submission with its grade by the course's rule."""
    rows = tuple(roster.rows(submission))
    if submission.data is None:
        return Result(submission, rows, None, submission.note.partition(":")[0])
    rule = rules.rule(submission.assignment)
    grade = course.grade({row.framework: vars(row) for row in rows}, rule)
    if grade and grade.total:
        return Result(submission, rows, grade)
    return Result(submission, rows, None, WAITING if grade else _without_grade(submission.data, rows, rule))


def _without_grade(data: results.Results, rows: tuple[Row, ...], rule: str) -> str:
    if any(row.attempted for row in rows):
        return f"{panel.label(rule)} not attempted"
    return NOT_HANDED_IN if all(f["state"] == "missing" for f in data["files"]) else "not attempted"


def notes(standing: Standing) -> list[tuple[str, str]]:
    """What the instructor should know of a student: number of the assignment, and a sentence or two."""
    found = []
    for one in standing.results:
        number = one.submission.assignment.partition("_")[0]
        for row in one.rows:
            said = [row.private, row.note if _worth_saying(row, one) else ""]
            name = f"{panel.label(row.framework)}: " if len(one.rows) > 1 else ""
            found += [(number, name + "; ".join(filter(None, said)))] if any(said) else []
    return found


def _worth_saying(row: Row, one: Result) -> bool:
    """A framework that nobody tried is no news where the other one counts; nor is what the grade's cell says."""
    return row.note != one.words and (row.attempted or one.words == NOT_HANDED_IN)
