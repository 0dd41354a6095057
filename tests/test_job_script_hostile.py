"""Job scripts of assignment 01 that are made to stop the grader rather than a job."""

import subprocess
import sys

import pytest

from grader import catalog

ASSIGNMENT = catalog.find("01")
RIGHT = ASSIGNMENT.solution(ASSIGNMENT.side("torch"), "job.sh").read_text("utf-8")
JUDGE = f"""
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
from grader import bench, catalog
from grader.verdict import Failed
scripts = bench.given_module(catalog.find("{ASSIGNMENT.number}"), "scripts")
text = sys.stdin.read()
for judge in (lambda: scripts.prepared(text, "cuda"), lambda: scripts.warned(text)):
    try:
        print(judge()[:80])
    except Failed as failed:
        print("failed:", failed.outcome.evidence[:80])
"""
VARIABLES = "\n".join([f"A={'$B' * 3000}", f"B={'$C' * 3000}", f"C={'$D' * 3000}", f"D={'x' * 3000}", "CHECKPOINTS=$A"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CHECKPOINTS=$STORAGE/gpu-job", VARIABLES),
        ("trap 'kill -USR1 \"$training\"' USR1", "trap f USR1\n" + "\n" * 60_000),
        ("trap 'kill -USR1 \"$training\"' USR1", "trap f USR1\n" + "f() x\n" * 9_000),
    ],
    ids=["variables of variables", "empty lines", "functions without an end"],
)
def test_a_script_takes_little_memory_and_time_to_judge(old, new):
    """A GiB and ten seconds of a core, where it took all memory, and longer than somebody waited."""
    assert RIGHT.count(old) == 1
    command, pipes = [sys.executable, "-c", JUDGE], {"capture_output": True, "text": True}
    done = subprocess.run(command, input=RIGHT.replace(old, new), timeout=120, check=False, **pipes)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stdout + done.stderr
