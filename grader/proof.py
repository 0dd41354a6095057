"""`grader verify`: runs grader.exercises over assignments and says what is not proven."""

from __future__ import annotations

from collections.abc import Iterator

from grader import exercises
from grader.catalog import SOLUTIONS, Assignment
from grader.errors import UsageError
from grader.runs import Runs


def verify(assignments: list[Assignment], *, full: bool) -> int:
    """Print a line per proof; returns 1 when something is not proven. Raises UsageError in a student edition."""
    if not SOLUTIONS.is_dir():
        raise UsageError(
            "there are no solutions here (a student edition), so nothing to prove. Try: pytest assignments/03"
        )
    failed = 0
    with Runs() as runs:
        for assignment in assignments:
            for name, problems in _proofs(runs, assignment, full=full):
                failed += bool(problems)
                print(f"{'x' if problems else 'ok':<3}{assignment.number} {name}", flush=True)
                for problem in problems:
                    print(f"   {problem}")
    print("Everything holds." if not failed else f"{failed} do not hold.")
    return int(failed > 0)


def _proofs(runs: Runs, assignment: Assignment, *, full: bool) -> Iterator[tuple[str, list[str]]]:
    yield "files, frames, points, lesson, hints", exercises.reading_problems(assignment)
    for side in assignment.sides:
        yield (
            f"{side.framework}: the start fails where the lesson says",
            exercises.start_problems(runs, assignment, side),
        )
        yield f"{side.framework}: the solution passes", exercises.solution_problems(runs, assignment, side)
        for wrong in exercises.wrong_answers(assignment, side):
            name = f"{side.framework}: {wrong.path.stem} is caught by {', '.join(wrong.caught_by)}"
            yield name, exercises.wrong_problems(runs, assignment, side, wrong, full=full)
