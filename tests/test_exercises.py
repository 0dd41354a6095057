"""Invariants over all assignments, run for real; and that a new assignment touches nothing in grader/.

Of the wrong answers so many run that each check catches one. TensorFlow's races, the longest, are left out, with wrong
answers and with solutions. `make verify` runs everything.
"""

import filecmp

import pytest

from grader import catalog, exercises
from grader.runs import Runs

ASSIGNMENTS = [catalog.load(folder) for folder in catalog.folders()]
SIDES = [pytest.param(a, s, id=f"{a.number}-{s.framework}") for a in ASSIGNMENTS for s in a.sides]


def one_per_check(answers):
    """Some of the wrong answers, which together name every check that any of them names."""
    chosen, named = [], set()
    for wrong in sorted(answers, key=lambda w: -len(w.caught_by)):
        if not named.issuperset(wrong.caught_by):
            chosen.append(wrong)
            named.update(wrong.caught_by)
    return chosen


def measured(side):
    """The checks of a side that race."""
    return {target.check for target in side.targets}


def races(side, wrong):
    """Whether a check that catches this wrong answer measures a speedup."""
    return not measured(side).isdisjoint(wrong.caught_by)


WRONG = [
    pytest.param(
        a, s, w, id=f"{a.number}-{s.framework}-{w.path.stem}", marks=[pytest.mark.alone] if races(s, w) else []
    )
    for a in ASSIGNMENTS
    for s in a.sides
    for w in one_per_check(exercises.wrong_answers(a, s))
    if s.framework == "torch" or not races(s, w)
]
NEEDS_GPU = {"feeds_gpu", "pinned"}


@pytest.fixture(scope="module")
def runs():
    with Runs() as shared:
        yield shared


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda a: a.number)
def test_files_frames_points_lesson_and_hints_agree(assignment):
    assert exercises.reading_problems(assignment) == []


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_every_check_is_named_by_a_wrong_answer(assignment, side):
    assert set(exercises.uncaught(assignment, side)) <= NEEDS_GPU
    assert len(exercises.wrong_answers(assignment, side)) >= 12


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_the_start_fails_where_its_lesson_says(runs, assignment, side):
    assert exercises.start_problems(runs, assignment, side) == []


@pytest.mark.alone
@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_the_solution_passes_what_this_machine_can_judge(runs, assignment, side):
    exact = [i for i in exercises.declared(assignment, side) if i not in measured(side)]
    assert exercises.solution_problems(runs, assignment, side, [] if side.framework == "torch" else exact) == []


@pytest.mark.parametrize(("assignment", "side", "wrong"), WRONG)
def test_a_wrong_answer_fails_the_check_that_it_names(runs, assignment, side, wrong):
    assert exercises.wrong_problems(runs, assignment, side, wrong) == []


# --- the proof itself, on a throw-away assignment ----------------------------------------------------------------


def test_a_new_assignment_is_proven_and_touches_nothing_in_the_grader(course):
    """The toy assignment came after the grader was copied; verify proves it, and the copy is still the original."""
    answer = course.run("grader", "verify", "--full")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "ok 01 torch: triple is caught by doubles" in answer.stdout
    assert "ok 01 torch: still_slow is caught by fast" in answer.stdout
    ours, theirs = catalog.ROOT / "grader", course.folder / "grader"
    names = [str(p.relative_to(ours)) for p in ours.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert filecmp.cmpfiles(ours, theirs, names, shallow=False)[1:] == ([], [])


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("assignments/01_toy/test_torch.py", "points=4", "points=5", "the points sum to 11, not 10"),
        ("assignments/01_toy/README.md", "double doubles", "double triples", "no row '| double doubles | 4"),
        ("assignments/01_toy/README.md", "# Toy", "# [Toy](gone.md)", "dead link gone.md"),
        ("assignments/01_toy/hints.md", "### 3", "", "TODO(1) needs 3 hints"),
        ("assignments/01_toy/task.py", "return x", "return x + x", "task.py differs from start/task.py"),
        ("solutions/01_toy/task.py", "import time", "import os", "start and solution differ outside"),
        ("assignments/01_toy/stray.txt", "", "x", "stray file stray.txt"),
        ("tests/wrong/01_toy/triple.py", "3 * x", "2 * x", "'double doubles' is passed, expected failed"),
        ("tests/wrong/01_toy/triple.py", "by: doubles", "by: trebles", "names {'trebles'}"),
        ("solutions/01_toy/task.py", "2 * x", "3 * x", "the solution: 'double doubles' is failed"),
        ("assignments/01_toy/README.md", "| 4 | witnessed | failed |", "| 4 | witnessed | passed |", "says passed"),
    ],
)
def test_verify_finds_what_is_wrong_with_an_assignment(course, name, old, new, problem):
    path = course.folder / name
    path.write_text(path.read_text().replace(old, new, 1) if path.exists() else new)
    answer = course.run("grader", "verify", "01")
    assert answer.returncode == 1
    assert problem in answer.stdout
