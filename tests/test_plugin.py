"""`pytest assignments/01` as a student types it, on a throw-away course."""

import json
import os
import re
import subprocess
from importlib.metadata import version

import pytest

from grader import machine

pytestmark = pytest.mark.alone


def words(text):
    """Text with white space folded, so that line wraps do not matter."""
    return re.sub(r"\s+", " ", text)


def results(course):
    path = course.folder / "build/self-check/01_toy/results.json"
    return {c["id"]: c for c in json.loads(path.read_text())["checks"]}


def test_the_start_says_what_failed_and_what_to_do_next(course):
    answer = course.run("pytest", "assignments/01")
    text = words(answer.stdout)
    assert answer.returncode == 1
    assert "x double doubles 0 of 4 points 8 of 8 values are wrong." in text
    assert "TODO(1) in task.py is still as shipped. Next: TODO(1) in task.py; a hint: grader hint 01 1" in text
    assert "o total is fast waits" in text
    assert "Not attempted: the task file is still the start" in text
    assert "Begin with the lesson: assignments/01_toy/README.md" in text
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert "Traceback" not in answer.stdout + answer.stderr


def test_the_solution_gets_every_point(course):
    course.solve()
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 0, answer.stdout
    assert "10 of 10 points judged here." in answer.stdout
    checks = results(course)
    assert checks["doubles"]["verdict"] == "passed"
    assert checks["fast"]["verdict"] in ("passed", "unsure")  # unsure: other programs used the cores
    if checks["fast"]["verdict"] == "passed":
        assert checks["fast"]["race"]["low"] > 2
    assert "evidence" in checks["doubles"]


@pytest.mark.parametrize(
    "argument", ["assignments/01", "assignments/01/", "./assignments/1", "assignments/01_toy", "assignments/01_t"]
)
def test_every_way_to_name_an_assignment(course, argument):
    assert "double doubles" in course.run("pytest", argument, "-k", "doubles").stdout


def test_inside_the_folder_the_number_alone_is_enough(course):
    answer = course.run("pytest", "assignments/01/test_torch.py::test_doubles")
    assert "double doubles" in answer.stdout
    assert "total is fast" not in answer.stdout


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("assignments/09", "ERROR: '09' fits no assignment: 01, 02. For example: pytest assignments/03"),
        ("assignments/0", "ERROR: '0' fits several assignments: 01_toy, 02_other."),
    ],
)
def test_an_unknown_or_ambiguous_prefix_is_one_line(course, argument, message):
    (course.folder / "assignments/02_other").mkdir()
    answer = course.run("pytest", argument)
    assert answer.returncode == 4
    assert answer.stderr.startswith(message)
    assert len(answer.stderr.strip().splitlines()) == 1


def test_several_at_once_and_last_failed(course):
    for name in ("assignment.toml", "workload.py", "start/task.py", "task.py", "hints.md", "test_torch.py"):
        text = (course.folder / "assignments/01_toy" / name).read_text()
        course.write(f"assignments/02_other/{name}", text.replace('"Toy"', '"Other"'))
    course.solve()
    both = course.run("pytest", "assignments/01", "assignments/02")
    assert "01 Toy" in both.stdout
    assert "02 Other" in both.stdout
    last = course.run("pytest", "assignments/01", "assignments/02", "--lf")
    assert "02 Other" in last.stdout
    assert "01 Toy" not in last.stdout
    assert "1 of 2 checks ran. All of them: pytest assignments/02" in last.stdout
    part = course.run("pytest", "assignments/01", "assignments/02", "-k", "doubles").stdout
    assert [f"1 of 2 checks ran. All of them: pytest assignments/{n}" in part for n in ("01", "02")] == [True, True]


def test_a_part_of_the_checks_leaves_the_verdicts_of_the_others(course):
    course.solve()
    course.run("pytest", "assignments/01")
    before = results(course)
    course.run("pytest", "assignments/01", "-k", "doubles")
    after = results(course)
    assert after["fast"] == before["fast"]
    assert after["doubles"]["verdict"] == "passed"


def test_against_runs_another_file_and_says_whose_and_keeps_your_results(course):
    course.run("pytest", "assignments/01")
    before = results(course)
    answer = course.run("pytest", "assignments/01", "--against", "solutions/01_toy/task.py")
    assert "the solution solutions/01_toy/task.py" in answer.stdout
    assert answer.returncode == 0
    wrong = course.run("pytest", "assignments/01", "--against", "tests/wrong/01_toy/triple.py")
    assert "the wrong answer tests/wrong/01_toy/triple.py" in words(wrong.stdout)
    assert wrong.returncode == 1
    missing = course.run("pytest", "assignments/01", "--against", "no/such")
    assert missing.stderr.startswith("ERROR: no such file or folder")
    assert results(course) == before


def test_a_broken_task_file_fails_once_and_the_rest_waits(course):
    course.write("assignments/01_toy/task.py", "def double(x)\n    return x\n")
    answer = course.run("pytest", "assignments/01")
    assert "task.py:1: SyntaxError: expected ':'" in answer.stdout
    assert [c["verdict"] for c in results(course).values()] == ["failed", "not checked"]
    assert "Traceback" not in answer.stdout


def test_a_bug_of_ours_is_a_grader_fault_and_nobodys_points(course):
    test = course.folder / "assignments/01_toy/test_torch.py"
    test.write_text(test.read_text().replace("if not np.array_equal", "1 / 0\n    if not np.array_equal"))
    course.solve()
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 1
    assert "The grader failed, not your code: ZeroDivisionError at test_torch.py:" in words(answer.stdout)
    assert results(course)["doubles"]["verdict"] == "grader fault"
    assert "0 of 0 points judged here; 10 more could not be judged" in words(answer.stdout)


@pytest.mark.parametrize(
    ("raised", "verdict", "judged"),
    [
        ("NotMeasured('no GPU')", "not measured", 0),
        ("GraderFault('broke')", "grader fault", 0),
        ("Failed('no')", "not checked", 10),
    ],
)
def test_only_a_failure_costs_a_dependant_its_points(course, raised, verdict, judged):
    test = course.folder / "assignments/01_toy/test_torch.py"
    text = test.read_text().replace("import Failed", "import Failed, GraderFault, NotMeasured")
    test.write_text(text.replace("x = np.random", f"raise {raised}\n    x = np.random"))
    course.solve()
    answer = course.run("pytest", "assignments/01")
    assert results(course)["fast"]["verdict"] == verdict
    assert f"0 of {judged} points judged here" in words(answer.stdout)


def test_an_old_framework_is_not_measured_and_says_what_is_asked(course):
    toml = course.folder / "assignments/01_toy/assignment.toml"
    toml.write_text(toml.read_text().replace("imports", 'least = { numpy = "99.1" }\nimports'))
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 0
    found = version("numpy")
    assert f"numpy {found} is too old: this needs 99.1 or newer. Next: pip install 'numpy>=99.1'" in words(
        answer.stdout
    )
    assert {c["verdict"] for c in results(course).values()} == {"not measured"}


@pytest.mark.parametrize(
    ("found", "least", "answer"),
    [
        ("2.6.0", "2.7", True),
        ("2.13.0+cpu", "2.7", False),
        ("2.7", "2.7", False),
        ("2.7.0a0+git12", "2.7", False),
        ("2.10.1", "2.9.5", False),
        (None, "2.7", False),
    ],
)
def test_versions_are_compared_by_their_numbers(found, least, answer):
    assert machine.older(found, least) is answer


def test_a_missing_framework_is_not_measured_and_says_what_to_install(course):
    toml = course.folder / "assignments/01_toy/assignment.toml"
    toml.write_text(toml.read_text().replace('["numpy"]', '["no_such_framework"]'))
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 0
    assert "no_such_framework is not installed here. Next: pip install no_such_framework" in words(answer.stdout)
    assert {c["verdict"] for c in results(course).values()} == {"not measured"}


def test_resume_keeps_verdicts_and_runs_only_what_has_none(course):
    course.solve()
    out = course.folder / "r" / "results.json"
    options = ("assignments/01", "--results", str(out), "--against", "solutions/01_toy/task.py", "--resume")
    course.run("pytest", *options, "-k", "doubles")
    first = json.loads(out.read_text())["checks"]
    assert [c["verdict"] for c in first] == ["passed", None]
    course.run("pytest", *options)
    second = json.loads(out.read_text())["checks"]
    assert second[0] == first[0]
    assert second[1]["verdict"] in ("passed", "unsure")
    course.run("pytest", *options)
    assert json.loads(out.read_text())["checks"] == second


def test_a_new_hand_in_is_graded_anew_and_the_old_results_are_kept(course):
    out = course.folder / "r" / "results.json"
    options = ("assignments/01", "--results", str(out), "--resume", "--against")
    course.run("pytest", *options, "assignments/01_toy/start")
    course.run("pytest", *options, "solutions/01_toy/task.py")
    assert json.loads(out.read_text())["checks"][0]["verdict"] == "passed"
    (kept,) = out.parent.glob("results-*.json")
    assert json.loads(kept.read_text())["checks"][0]["verdict"] == "failed"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("assignment.toml", "title = ", "assignment.toml cannot be read"),
        ("assignment.toml", 'title = "x"\nminutes = "many"', 'minutes is "many", expected integer'),
        ("assignment.toml", 'title = "x"\nminutes = 3\nsurprise = 1', "surprise is not known; known are title"),
    ],
)
def test_a_broken_assignment_toml_is_one_clear_line(course, name, text, message):
    course.write(f"assignments/01_toy/{name}", text)
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 4
    assert message in words(answer.stderr)
    assert "Traceback" not in answer.stderr


def test_results_of_a_newer_grader_are_not_overwritten(course):
    path = course.write("build/self-check/01_toy/results.json", '{"schema": 99}')
    answer = course.run("pytest", "assignments/01")
    assert answer.returncode == 4
    assert "has schema 99; this grader reads up to 2." in words(answer.stderr)
    assert path.read_text() == '{"schema": 99}'


def test_colour_only_on_a_terminal(course):
    assert "\x1b[" not in course.run("pytest", "assignments/01", "-k", "doubles").stdout
    assert "\x1b[31mx " in course.run("pytest", "assignments/01", "-k", "doubles", "--color=yes").stdout


def test_ordinary_tests_are_left_alone(course):
    course.write("tests/test_plain.py", "def test_plain():\n    assert 1 == 2\n")
    answer = course.run("pytest", "tests/test_plain.py")
    assert "assert 1 == 2" in answer.stdout
    assert "points" not in answer.stdout


BLOCKED = ("tensorflow", "submitit", "nbgrader", "rich", "pydantic", "scipy", "jinja2", "matplotlib", "jsonschema")


def test_the_self_check_needs_only_pytest_numpy_and_a_framework(course):
    """Anything else raises on import: in the pytest process and, by sitecustomize on its path, in the worker."""
    course.write(
        "sitecustomize.py",
        f"""
        import sys
        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {BLOCKED!r}:
                    raise ModuleNotFoundError(name + " is blocked", name=name)
        sys.meta_path.insert(0, Block())
        """,
    )
    course.solve()
    answer = course.run("pytest", "assignments/01")
    assert "10 of 10 points judged here." in answer.stdout, answer.stdout + answer.stderr
    assert "blocked" in course.run("rich").stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_checks_and_grades_as_well(course):
    """The whole way as somebody who is not root, with a folder in the hand-ins that they cannot read."""
    course.solve()
    course.solve(student="Åsa")
    course.write("class/locked/01_toy/task.py", "x = 1").parent.parent.chmod(0)
    subprocess.run(["chown", "-R", "64998", course.folder], check=True)
    (course.folder / "class/locked").chmod(0)
    user = ("setpriv", "--reuid=64998", "--regid=64998", "--clear-groups")
    options = {"cwd": course.folder, "env": course.env(HOME=str(course.folder)), "capture_output": True, "text": True}
    check = subprocess.run([*user, *course.command("pytest", "assignments/01")], **options, check=False)
    assert "10 of 10 points judged here." in check.stdout, check.stdout + check.stderr
    grade = subprocess.run([*user, *course.command("grader", "grade", "class", "--out", "out")], **options, check=False)
    assert grade.returncode == 0, grade.stdout + grade.stderr
    assert re.search(r"Åsa .* 10 of 10", grade.stdout)
    notes = [f["note"] for p in course.folder.glob("out/*/*/results.json") for f in json.loads(p.read_text())["files"]]
    assert sorted(notes) == ["", "task.py is in a folder that cannot be read"]
