"""Assignment 08 on a real Slurm: a search as an array with a limit, its failures run again, and its check there."""

import json
import subprocess
import sys

import pytest

from grader import catalog, exercises
from grader.runs import Runs

ASSIGNMENT = catalog.find("08")
(SIDE,) = ASSIGNMENT.sides
LIMIT, COUNT = 2, 6
JOB = """
import os, sys
import experiment, task
index = task.task_index(os.environ)
if index in map(int, sys.argv[1:]):
    def train(*_):
        raise FloatingPointError("diverged")
    experiment.train = train
task.run_job([index], "results", 7)
"""
SCRIPT = f"""#!/bin/bash
#SBATCH --account=naiss2024-1-23
#SBATCH --time=5
#SBATCH --gpus-per-node=1
#SBATCH --output=log-%a
until [ -e go ]; do sleep 0.1; done
OMP_NUM_THREADS=1 {sys.executable} job_here.py "$@"
"""
STANDING = f"""
import json, task
results, failures = task.collect("results", range({COUNT}))
print(json.dumps([sorted(results), failures, task.rerun(failures, {LIMIT})]))
"""


@pytest.fixture
def search(tmp_path):
    """The folder of a student who has solved it, with a script for the array."""
    for name in SIDE.given:
        (tmp_path / name).write_text((ASSIGNMENT.folder / name).read_text())
    (tmp_path / "task.py").write_text(ASSIGNMENT.solution(SIDE).read_text())
    (tmp_path / "job_here.py").write_text(JOB)
    (tmp_path / "array.sh").write_text(SCRIPT)
    (tmp_path / "results").mkdir()
    return tmp_path


def standing(search):
    """What is done, what failed and why, and the array that mends it."""
    said = subprocess.run([sys.executable, "-c", STANDING], cwd=search, capture_output=True, text=True, check=True)
    done, failures, expression = json.loads(said.stdout)
    return done, {int(index): why for index, why in failures.items()}, expression


def run(slurm, search, array, *words):
    """Run the array to its end; returns the indices that ran, and how many at a time: the first wait until seen."""
    go = search / "go"
    go.unlink(missing_ok=True)
    command = ("sbatch", "--parsable", f"--array={array}", "array.sh", *words)
    job, most = slurm.run(*command, cwd=search).stdout.strip(), 0
    while True:
        said = slurm.run("squeue", "-hr", "-tall", "-j", job, "-o%K %T").stdout
        states = dict(line.split() for line in said.splitlines())
        most = max(most, list(states.values()).count("RUNNING"))
        if most >= LIMIT:
            go.touch()
        if states and not {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING"} & set(states.values()):
            return states, most


def test_what_failed_in_an_array_is_run_again_and_only_that(slurm, search):
    states, most = run(slurm, search, f"0-{COUNT - 1}%{LIMIT}", "4")
    assert states == {str(index): "COMPLETED" for index in range(COUNT)}
    assert most == LIMIT
    files = [search / f"results/{index:05d}.json" for index in range(COUNT)]
    files[1].unlink()
    files[3].write_text(files[3].read_text()[:-20])
    done, failures, expression = standing(search)
    assert (done, failures) == ([0, 2, 5], {1: "missing", 3: "corrupt", 4: "failed"})
    before = {index: files[index].stat().st_mtime_ns for index in done}
    states, most = run(slurm, search, expression)
    assert states == {str(index): "COMPLETED" for index in failures}
    assert most == LIMIT
    assert standing(search) == (list(range(COUNT)), {}, "")
    assert {index: files[index].stat().st_mtime_ns for index in done} == before


def test_the_check_gives_the_array_to_slurm(slurm, monkeypatch):
    (wrong,) = (w for w in exercises.wrong_answers(ASSIGNMENT, SIDE) if "in_slurm" in w.caught_by)
    with slurm.entered(), Runs() as runs:
        monkeypatch.setenv("SBATCH_ACCOUNT", "naiss2024-1-23")
        monkeypatch.setenv("SBATCH_GPUS", "1")
        found = {
            path.stem: exercises.run(runs, ASSIGNMENT, SIDE, path, ["in_slurm"])["in_slurm"]
            for path in (ASSIGNMENT.solution(SIDE), wrong.path)
        }
    assert found["task"]["verdict"] == "passed", found["task"]["evidence"]
    assert found[wrong.path.stem]["verdict"] == "failed"
