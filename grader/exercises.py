"""Proves an assignment: the start fails where its lesson says, the solution passes, wrong answers are caught.

`grader verify` runs it, and so do the tests. Every function returns problems as lines; none means proven.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import bench, catalog, checks, hints, results, todo
from grader.catalog import ROOT, Assignment, Side
from grader.checks import Check
from grader.intake import FRAGMENT
from grader.runs import Runs

WRONG = ROOT / "tests" / "wrong"
POINTS = 10
UNDECIDED = ("not measured", "unsure")
"""Verdicts that prove nothing about a solution or a wrong answer: this machine cannot tell, or is too busy."""
EXPECTED_FILES = {
    "README.md",
    "assignment.toml",
    "figure.svg",
    "conftest.py",
    "start",
    "__pycache__",
}
NAMES = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
"""How headings of a lesson name the frameworks."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer and the checks that must catch it."""

    path: Path
    caught_by: tuple[str, ...]


def declared(assignment: Assignment, side: Side) -> dict[str, Check]:
    """The checks of one side by id, in the order of the file."""
    module = bench.given_module(assignment, Path(side.test).stem)
    found = [value for value in vars(module).values() if hasattr(value, checks.ATTRIBUTE)]
    return {checks.of(f).id: checks.of(f) for f in found}


def wrong_answers(assignment: Assignment, side: Side, folder: Path = WRONG) -> list[Wrong]:
    """The wrong answers to one side; of a framework other than PyTorch they are in a subfolder of its name."""
    place = folder / assignment.name / ("" if side.framework == "torch" else side.framework)
    answers = []
    for path in sorted(place.glob("*.py")):
        line = re.search(rf"^{FRAGMENT} *(.+)$", path.read_text("utf-8"), re.MULTILINE)
        answers.append(Wrong(path, tuple(re.findall(r"\w+", line[1])) if line else ()))
    return answers


def run(
    runs: Runs, assignment: Assignment, side: Side, against: Path, ids: Sequence[str] = (), *, words: Sequence[str] = ()
) -> dict[str, dict[str, object]]:
    """Check a task file with all checks, or with `ids`; returns the entries by id. `words`: more for pytest."""
    test = assignment.folder / side.test
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, results.NAME)
        command = ["--against", str(against), "--results", str(out), *words]
        command += [f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
        command += [f"{test}::test_{i}" for i in ids] or [str(test)]
        answer = runs.run([side], command, capture_output=True)
        if not out.exists():
            raise RuntimeError(f"{' '.join(command)}\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}")
        entries = results.read(out)["checks"]
    return {e["id"]: e for e in entries if e["framework"] == side.framework}


def with_needs(ids: Sequence[str], known: dict[str, Check]) -> list[str]:
    """`ids` and everything they depend on, in the order of the file."""
    wanted = set(ids)
    while more := {n for i in wanted for n in known[i].after} - wanted:
        wanted |= more
    return [i for i in known if i in wanted]


# --- what is proven by running -----------------------------------------------------------------------------------


def start_problems(runs: Runs, assignment: Assignment, side: Side) -> list[str]:
    """Does the start get the verdicts that the lesson's table says?"""
    said = {row.claim: row.start for row in lesson_table(assignment, side)}
    entries = run(runs, assignment, side, assignment.start(side))
    return [
        f"{side.task} as shipped: '{e['claim']}' is {e['verdict']}, the lesson says {said.get(str(e['claim']))}"
        for e in entries.values()
        if e["verdict"] != (table := said.get(str(e["claim"]))) and "not measured" not in (e["verdict"], table)
    ]


def solution_problems(runs: Runs, assignment: Assignment, side: Side, ids: Sequence[str] = ()) -> list[str]:
    """Does the solution pass everything that this machine can judge, or `ids` of it?"""
    entries = run(runs, assignment, side, assignment.solution(side), ids)
    return [
        f"the solution: '{e['claim']}' is {e['verdict']}: {e.get('evidence')}"
        for e in entries.values()
        if e["verdict"] != "passed" and e["verdict"] not in UNDECIDED
    ]


def wrong_problems(runs: Runs, assignment: Assignment, side: Side, wrong: Wrong, *, full: bool = False) -> list[str]:
    """Is a wrong answer caught by every check it names? `full` runs all checks, not only those."""
    known = declared(assignment, side)
    if not wrong.caught_by or (unknown := set(wrong.caught_by) - set(known)):
        return [f"{wrong.path.name}: {FRAGMENT} names {unknown or 'no check'}; known are {', '.join(known)}"]
    entries = run(runs, assignment, side, wrong.path, () if full else with_needs(wrong.caught_by, known))
    return [
        f"{wrong.path.name}: '{entries[i]['claim']}' is {entries[i]['verdict']}, expected failed"
        for i in wrong.caught_by
        if entries[i]["verdict"] not in ("failed", *UNDECIDED)
    ]


# --- what is proven by reading -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A line of the lesson's table of checks."""

    claim: str
    points: float
    rests_on: str
    start: str


def lesson_table(assignment: Assignment, side: Side | None = None) -> list[Row]:
    """The rows of `| check | points | rests on | start |` in the lesson, all or those that hold for one side.

    A table belongs to the frameworks that the nearest heading above it names, and to every side when it names none.
    """
    rows, named = [], set[str]()
    for line in (assignment.folder / "README.md").read_text("utf-8").splitlines():
        if re.match(r"#+ ", line):
            named = {framework for framework, name in NAMES.items() if name in line}
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if side is not None and named and side.framework not in named:
            continue
        if len(cells) == 4 and re.fullmatch(r"[\d.]+", cells[1]):
            rows.append(Row(cells[0], float(cells[1]), cells[2], cells[3]))
    return rows


def reading_problems(assignment: Assignment) -> list[str]:
    """Frames, points, the lesson's table, hints, wrong answers per check, stray files, dead links."""
    found = list(_file_problems(assignment)) + list(_link_problems(assignment.folder / "README.md"))
    for side in assignment.sides:
        known = declared(assignment, side)
        numbers: dict[int, str] = {}
        for name in side.files:
            start, solution = (p(side, name).read_text("utf-8") for p in (assignment.start, assignment.solution))
            if todo.frame(start, name) != todo.frame(solution, name):
                found.append(f"{name}: start and solution differ outside their TODO regions")
            found += [f"{name}: {numbers[n]} has a TODO({n}) too" for n in todo.regions(start) if n in numbers]
            numbers |= dict.fromkeys(todo.regions(start, name), name)
        total = sum(c.points for c in known.values())
        if total != POINTS:
            found.append(f"{side.test}: the points sum to {total:g}, not {POINTS}")
        for number, name in numbers.items():
            if not any(c.todo == number for c in known.values()):
                found.append(f"TODO({number}) in {name} has no check")
            if len(hints.load(assignment, side).get(number, [])) != hints.LEVELS:
                found.append(f"{hints.file_name(side)}: TODO({number}) needs {hints.LEVELS} hints")
        rows = {row.claim: row for row in lesson_table(assignment, side)}
        for c in known.values():
            row = rows.get(c.claim)
            if row is None or (row.points, row.rests_on) != (c.points, c.rests_on):
                found.append(f"README.md: no row '| {c.claim} | {c.points:g} | {c.rests_on} | ... |'")
        found += [f"a target names no check: {t.check}" for t in side.targets if t.check not in known]
    return found


def uncaught(assignment: Assignment, side: Side) -> list[str]:
    """Checks that no wrong answer names (those that need a GPU can be proven only there)."""
    named = {i for w in wrong_answers(assignment, side) for i in w.caught_by}
    return [i for i in declared(assignment, side) if i not in named]


def _file_problems(assignment: Assignment) -> Iterator[str]:
    code = "".join(path.read_text("utf-8") for path in assignment.folder.glob("*.py"))
    expected = {*EXPECTED_FILES, *(f"{name}.py" for name in re.findall(r'\bgiven\("(\w+)"\)', code))}
    for side in assignment.sides:
        expected |= {*side.files, side.test, hints.file_name(side), *side.given}
        for name in side.files:
            if (assignment.folder / name).read_bytes() != assignment.start(side, name).read_bytes():
                yield f"{name} differs from start/{name}"
    for path in assignment.folder.iterdir():
        if path.name not in expected and not path.name.endswith(".bak"):
            yield f"stray file {path.name}"
    starts = {p.name for p in (assignment.folder / catalog.START).iterdir()} - {"__pycache__"}
    if starts != {name for side in assignment.sides for name in side.files}:
        yield f"start/ holds {', '.join(sorted(starts))}"


def _link_problems(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target and not (page.parent / target).exists():
            yield f"{page.name}: dead link {target}"
