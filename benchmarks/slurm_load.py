"""How often does a class of 1,000 bother Slurm? Counts every call of its programs, by the head and by the tasks.

    python benchmarks/slurm_load.py [hand-ins [seconds]]      (default: 1000 1; needs slurm-wlm and munge)

A throw-away course on a private Slurm of four nodes is graded with `grader grade --site` and its defaults: ten tasks at
a time, a look at the queue every 30 s. Its tasks run no check: they write results, `seconds` after each other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.conftest import Course  # noqa: E402
from tests.private_slurm import PrivateSlurm  # noqa: E402

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol", "sacct", "srun")
# Takes the place of `_check` in the copy of the grader: the same results as from a hand-in whose checks all passed.
PAYLOAD = """

def _check(folder: Path, runs: Runs, solutions: Path, more: Sequence[str] = ()) -> int:
    from grader import bench, results, verdict

    assignment = catalog.load(ASSIGNMENTS / folder.name)
    made = bench.Bench(assignment, intake.take_all(assignment, folder / "submission"), "", folder / "results.json", {})
    made.through = Path(more[1])
    made.results["checks"] = [
        {"id": "doubles", "framework": "torch", "claim": "double doubles", "points": 10, "rests_on": "witnessed"}
    ]
    time.sleep(SECONDS)
    results.record(made.results["checks"][0], verdict.Outcome(verdict.Verdict.PASSED), SECONDS)
    made.save()
    return 0
"""


def course(folder: Path, count: int, seconds: float) -> Course:
    """A course whose class has `count` hand-ins, and whose site is asked every 30 s as real ones are."""
    made = Course(folder)
    with (folder / "grader/batch_job.py").open("a", encoding="utf-8") as file:
        file.write(PAYLOAD.replace("SECONDS", str(seconds)))
    for number in range(count):
        made.solve(student=f"{number:04}")
    profile = (ROOT / "jobscripts/sites/local.toml").read_text("utf-8")
    made.write("jobscripts/sites/local.toml", re.sub(r"(?m)^poll_s = .*", "poll_s = 30", profile))
    return made


def counting(folder: Path, real: str) -> None:
    """Put a wrapper of every program that Slurm has before the real ones; each call appends a line."""
    folder.mkdir()
    for name in PROGRAMS:
        text = f'#!/bin/sh\necho {name} >>"{folder}/calls"\nexec {shutil.which(name, path=real)} "$@"\n'
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)


def main(count: int = 1000, seconds: float = 1.0) -> int:
    """Grade the class and print the table; the head's exit status."""
    with tempfile.TemporaryDirectory() as temporary, PrivateSlurm() as slurm:
        folder = Path(temporary, "course")
        folder.mkdir()
        Path(temporary).chmod(0o755)
        made = course(folder, count, seconds)
        env = slurm.environment(made.env()) | {"EXERCISES_VENV": sys.prefix}
        counting(Path(temporary, "bin"), env["PATH"])
        env["PATH"] = f"{temporary}/bin:{env['PATH']}"
        words = ("grader", "grade", "class", "--out", "out", "--site", "local", "--account", "naiss2026-1-1", "--yes")
        began = time.monotonic()
        done = subprocess.run(made.command(*words), cwd=folder, env=env, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        said = done.stdout + done.stderr
        print(*(line for line in said.splitlines() if line.startswith(("Sent", "Estimate", "grader:"))), sep="\n")
        complete = sum('"passed"' in path.read_text("utf-8") for path in folder.glob("out/*/*/results.json"))
        calls = Counter(Path(temporary, "bin/calls").read_text("utf-8").split())
        print(f"{complete} of {count} hand-ins graded in {took:.0f} s")
        print("\n| program | calls | per minute |\n|---|---|---|")
        for name in PROGRAMS:
            print(f"| {name} | {calls[name]} | {60 * calls[name] / took:.1f} |")
    return done.returncode


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    sys.exit(main(int(given[0]) if given else 1000, *given[1:]))
