"""Runs of checks that share fork servers."""

import subprocess
from pathlib import Path

import pytest

from grader import catalog, exercises, runs
from grader.runs import Runs

ASSIGNMENT = catalog.find("03")
SIDE = ASSIGNMENT.sides[0]
TEST = str(ASSIGNMENT.folder / SIDE.test)


def server(runs):
    return runs._servers[SIDE.imports].lend()[1]


def check(runs):
    entries = exercises.run(runs, ASSIGNMENT, SIDE, ASSIGNMENT.solution(SIDE), ["few_files"])
    return entries["few_files"]["verdict"]


def test_a_fork_server_serves_every_run_until_one_is_killed(tmp_path):
    with Runs() as runs:
        assert check(runs) == "passed"
        first = server(runs)
        assert check(runs) == "passed"
        assert server(runs) == first
        endless = tmp_path / "task.py"
        endless.write_text("while True:\n    pass\n")
        with pytest.raises(subprocess.TimeoutExpired):
            runs.run([SIDE], [TEST, "--against", str(endless)], timeout=2, stdout=subprocess.DEVNULL)
        assert not Path(f"/proc/{first}").exists()
        assert check(runs) == "passed"
        last = server(runs)
        assert last != first
    assert not Path(f"/proc/{last}").exists()


@pytest.mark.parametrize(
    ("scope", "user", "may"), [("0", 1000, True), ("1", 1000, False), ("1", 0, True), ("", 1000, True)]
)
def test_nothing_is_lent_where_only_descendants_may_be_looked_into(monkeypatch, tmp_path, scope, user, may):
    """As Ubuntu ships it. Counting file opens reads the memory of a worker; Yama itself is not on every kernel."""
    monkeypatch.setattr(runs, "YAMA", tmp_path / "ptrace_scope")
    monkeypatch.setattr("os.geteuid", lambda: user)
    if scope:
        (tmp_path / "ptrace_scope").write_text(scope + "\n")
    assert runs._may_look() == may
