"""Runs of checks that share fork servers."""

import subprocess
from pathlib import Path

import pytest

from grader import catalog, exercises
from grader.runs import Runs

ASSIGNMENT = catalog.find("03")
SIDE = ASSIGNMENT.sides[0]


def server(runs):
    return runs._servers[SIDE.imports].lend()[1]


def check(runs):
    entries = exercises.run(runs, ASSIGNMENT, SIDE, ASSIGNMENT.solution(SIDE), ["few_files"])
    return entries["few_files"]["verdict"]


def test_a_fork_server_serves_every_run_until_one_is_killed():
    with Runs() as runs:
        assert check(runs) == "passed"
        first = server(runs)
        assert check(runs) == "passed"
        assert server(runs) == first
        with pytest.raises(subprocess.TimeoutExpired):
            runs.run([SIDE], [str(ASSIGNMENT.folder)], timeout=1, stdout=subprocess.DEVNULL)
        assert not Path(f"/proc/{first}").exists()
        assert check(runs) == "passed"
        last = server(runs)
        assert last != first
    assert not Path(f"/proc/{last}").exists()
