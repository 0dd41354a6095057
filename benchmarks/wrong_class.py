"""A class in which everybody hands in another wrong answer, graded in one batch: does each fail the check it names?

    python benchmarks/wrong_class.py [assignment ...] [--keep FOLDER]      (default: 05 06 07)

`make verify` runs the wrong answers one by one; here they are whole hand-ins that share the batch's processes, groups
of ranks and races of the solution, with the solutions among them. The same command with the same folder resumes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from grader import catalog, exercises, intake, roster  # noqa: E402
from grader.catalog import Assignment, Side  # noqa: E402


def hand_in(place: Path, assignment: Assignment, side: Side, source: Path) -> None:
    """Write one student's hand-in: the files of one side, complete."""
    folder = place / assignment.name
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in intake.take(assignment, side, source).texts.items():
        (folder / name).write_text(text, "utf-8")


def make(folder: Path, names: list[str]) -> dict[str, tuple[str, ...]]:
    """Make the class; returns by student the checks that must fail (none for a solution)."""
    expected = {}
    for assignment in map(catalog.find, names):
        for side in assignment.sides:
            sources = {"solution": (assignment.solution(side).parent, ())}
            sources |= {w.path.stem: (w.path, w.caught_by) for w in exercises.wrong_answers(assignment, side)}
            for stem, (source, checks) in sources.items():
                student = f"{assignment.number} {side.framework} {stem}"
                hand_in(folder / student, assignment, side, source)
                expected[student] = checks
    return expected


def verdicts(out: Path) -> dict[str, dict[str, str]]:
    """The verdicts by student and check."""
    found = {}
    for submission in roster.submissions(out):
        if submission.data:
            side = submission.name.split()[1]
            checks = [c for c in submission.data["checks"] if c["framework"] == side]
            found[submission.name] = {c["id"]: roster.verdict(c) for c in checks}
    return found


def main() -> int:
    """Make, grade, compare; 0 when every wrong answer failed where it should and no solution failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("assignments", nargs="*", default=["05", "06", "07"])
    parser.add_argument("--keep", type=Path, help="folder for the class and its results")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="wrong-class-"))
    expected = make(folder / "class", options.assignments)
    print(f"{len(expected)} hand-ins in {folder}", flush=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "grader", "grade", str(folder / "class"), "--out", str(folder / "results")]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    took, got = time.monotonic() - began, verdicts(folder / "results")
    bad, counts = [], Counter[str]()
    for student, checks in expected.items():
        mine = got.get(student, {})
        named = {c: mine.get(c, "missing") for c in checks}
        counts.update(named.values())
        bad += [f"{student}: {c} is {v}, expected failed" for c, v in named.items() if v in ("passed", "missing")]
        bad += [f"{student}: {c} is {v}" for c, v in named.items() if v not in ("passed", "missing", "failed")]
        if not checks:
            bad += [f"{student}: {c} is failed" for c, v in mine.items() if v == "failed"]
    print(f"graded in {took:.0f} s (exit {code}); checks named by wrong answers: {dict(counts)}")
    print("\n".join(bad) or "as it should be")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
