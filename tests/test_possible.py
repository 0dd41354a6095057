"""In a batch the solution is raced in the same job when a hand-in fails; then the report says what is possible here."""

import json

import pytest

pytestmark = pytest.mark.alone

STILL_SLOW = """
    import time
    def double(x):
        # TODO(1): double
        return 2 * x
        # END TODO(1)
    def total(n, seed):
        # TODO(2): do not sleep
        time.sleep(0.009)
        # END TODO(2)
        return n + seed
    """


def races(course):
    found = {}
    names = json.loads((course.folder / "out" / "students.json").read_text())["students"]
    for path in course.folder.glob("out/*/*/results.json"):
        entries = {c["id"]: c for c in json.loads(path.read_text())["checks"]}
        found[names[path.parts[-3]]["name"]] = entries["fast"]
    return found


def test_the_solution_is_raced_once_a_job_and_only_for_those_who_fail(course):
    course.solve(student="fast")
    course.write("class/slow/01_toy/task.py", STILL_SLOW)
    course.write("class/slow too/01_toy/task.py", STILL_SLOW.replace("0.009", "0.0095"))
    assert course.run("grader", "grade", "class", "--out", "out").returncode == 0
    found = races(course)
    assert found["fast"]["verdict"] == "passed"
    assert "possible" not in found["fast"]["race"]
    for name in ("slow", "slow too"):
        assert found[name]["verdict"] == "failed", found[name]
        assert found[name]["race"]["possible"]["speedup"] > found[name]["race"]["target"]
        assert "x is possible here" in found[name]["evidence"]
    assert found["slow"]["race"]["possible"] == found["slow too"]["race"]["possible"]
    assert len(list(course.folder.glob("out/jobs/solutions-*/*.json"))) == 1


def test_where_the_solution_gains_nothing_nobody_fails(course):
    """A solution as slow as its start stands for a machine on which the exercise shows nothing."""
    course.write("solutions/01_toy/task.py", STILL_SLOW.replace("0.009", "0.0099"))
    course.write("class/slow/01_toy/task.py", STILL_SLOW)
    assert course.run("grader", "grade", "class", "--out", "out").returncode == 0
    entry = races(course)["slow"]
    assert entry["verdict"] == "not measured", entry
    assert "Not even the solution gains here" in entry["evidence"]


def test_at_home_there_is_no_solution_beside(course):
    course.write("assignments/01_toy/task.py", STILL_SLOW)
    answer = course.run("pytest", "assignments/01")
    assert "needed 2x: start" in " ".join(answer.stdout.split())
