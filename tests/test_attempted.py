"""Two frameworks in one assignment: which side a run is about, and where each is installed or not."""

import json
import re

import pytest

TASKS = {"torch": "task.py", "tensorflow": "task_tf.py"}


@pytest.fixture
def both(course):
    """The toy with a second side; `installed` says which of the two frameworks this machine has."""

    def make(*installed):
        folder = "assignments/01_toy"
        frameworks = {name: "numpy" if name in installed else f"no_{name}" for name in TASKS}
        text = (course.folder / folder / "assignment.toml").read_text()
        text = text.replace('"numpy"', f'"{frameworks["torch"]}"')
        text += f'[tensorflow]\nimports = ["{frameworks["tensorflow"]}"]\ngiven = ["workload_tf.py"]\n'
        course.write(f"{folder}/assignment.toml", text + 'task = "task_tf.py"\n')
        workload = (course.folder / folder / "workload.py").read_text()
        course.write(f"{folder}/workload_tf.py", workload.replace("import task", "import task_tf as task"))
        test = (course.folder / folder / "test_torch.py").read_text()
        course.write(
            f"{folder}/test_tf.py", test[: test.index('@check("total')].replace("double doubles", "tf doubles")
        )
        for place in (folder, f"{folder}/start"):
            course.write(f"{place}/task_tf.py", (course.folder / place / "task.py").read_text())
        return course

    return make


def edit(course, *names):
    for name in names:
        path = course.folder / "assignments/01_toy" / name
        path.write_text(path.read_text().replace("return x", "return 2 * x"))


def claims(answer):
    return [claim for claim in ("double doubles", "tf doubles") if claim in answer.stdout]


@pytest.mark.parametrize(
    ("installed", "edited", "expected"),
    [
        (("torch", "tensorflow"), (), ["double doubles"]),
        (("tensorflow",), (), ["tf doubles"]),
        (("torch", "tensorflow"), ("task_tf.py",), ["tf doubles"]),
        (("torch", "tensorflow"), ("task.py", "task_tf.py"), ["double doubles", "tf doubles"]),
        (("torch",), ("task_tf.py",), ["tf doubles"]),
    ],
)
def test_a_run_is_about_what_was_worked_on_or_else_about_what_is_installed(both, installed, edited, expected):
    course = both(*installed)
    edit(course, *edited)
    answer = course.run("pytest", "assignments/01", "-k", "doubles")
    assert claims(answer) == expected, answer.stdout


def test_a_named_test_file_is_run_whatever_was_worked_on(both):
    course = both("torch", "tensorflow")
    edit(course, "task.py")
    assert claims(course.run("pytest", "assignments/01/test_tf.py")) == ["tf doubles"]


def test_without_any_framework_it_says_what_to_install(both):
    answer = both().run("pytest", "assignments/01")
    assert "no_torch is not installed here" in answer.stdout
    assert "Next: pip install no_torch" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_a_side_that_was_not_attempted_is_not_in_the_results(both):
    course = both("torch", "tensorflow")
    edit(course, "task_tf.py")
    course.run("pytest", "assignments/01")
    data = json.loads((course.folder / "build/self-check/01_toy/results.json").read_text())
    assert {check["framework"] for check in data["checks"]} == {"tensorflow"}
    assert {file["framework"]: file["state"] for file in data["files"]} == {"torch": "start", "tensorflow": "edited"}


def test_what_one_side_has_reached_stays_while_the_other_is_edited(both):
    course = both("torch", "tensorflow")
    edit(course, "task.py")
    course.run("pytest", "assignments/01", "-k", "doubles")
    edit(course, "task_tf.py")
    answer = course.run("pytest", "assignments/01/test_tf.py", "-k", "doubles")
    assert "01 Toy (PyTorch): 4 of 4 points judged here; 6 more" in answer.stdout
    shown = course.run("grader", "list").stdout
    assert re.search(r"torch .* 4 of 4 points, 6 not checked yet$", shown, re.MULTILINE), shown
    assert re.search(r"tensorflow .* 4 of 4 points$", shown, re.MULTILINE), shown
    course.write("assignments/01_toy/task.py", "def double(x):\n    return x\n")
    shown = course.run("grader", "list").stdout
    assert re.search(r"torch .* 4 of 4 points, 6 not checked yet, changed since$", shown, re.MULTILINE), shown
    assert re.search(r"tensorflow .* 4 of 4 points$", shown, re.MULTILINE), shown
    answer = course.run("pytest", "assignments/01/test_tf.py", "-k", "doubles")
    assert "PyTorch: task.py was not checked in this state." in answer.stdout
    assert "Grade:" not in answer.stdout


@pytest.mark.parametrize(("framework", "task"), TASKS.items())
def test_a_single_file_is_checked_as_the_side_that_it_belongs_to(both, framework, task):
    course = both("torch", "tensorflow")
    file = course.write(f"elsewhere/{task}", (course.folder / "solutions/01_toy/task.py").read_text())
    course.run("pytest", "assignments/01", "-k", "doubles", "--against", str(file), "--results", "out.json")
    data = json.loads((course.folder / "out.json").read_text())
    assert {check["framework"] for check in data["checks"]} == {framework}
    assert {check["verdict"] for check in data["checks"] if check["id"] == "doubles"} == {"passed"}


@pytest.mark.parametrize(("folder", "framework"), [("", "torch"), ("tensorflow/", "tensorflow")])
def test_a_wrong_answer_is_about_the_framework_of_its_folder(both, folder, framework):
    course = both("torch", "tensorflow")
    solution = (course.folder / "solutions/01_toy/task.py").read_text()
    course.write("solutions/01_toy/task_tf.py", solution)
    fragment = (course.folder / "tests/wrong/01_toy/triple.py").read_text()
    path = course.write(f"tests/wrong/01_toy/{folder}mine.py", fragment)
    course.run("pytest", "assignments/01", "-k", "doubles", "--against", str(path), "--results", "out.json")
    data = json.loads((course.folder / "out.json").read_text())
    assert {file["framework"]: file["state"] for file in data["files"]}[framework] == "edited"
    assert {(c["framework"], c["verdict"]) for c in data["checks"] if c["id"] == "doubles"} == {(framework, "failed")}
