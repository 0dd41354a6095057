"""An assignment with two frameworks, as typed: which side a verb means, and what a proof reads for which side."""

import pytest

from grader import catalog, exercises

FOLDER = "assignments/01_toy"
ROW = "| {} | {} | witnessed | {} |"


@pytest.fixture
def both(course):
    """The toy course with a second side, which needs no framework; a claim of both is worth more on this one."""
    toml = course.folder / FOLDER / "assignment.toml"
    side = '\n[tensorflow]\nimports = ["numpy"]\ngiven = ["workload_tf.py"]\ntask = "task_tf.py"\n'
    toml.write_text(toml.read_text() + side)
    start = "def triple(x):\n    # TODO(1): triple\n    return x\n    # END TODO(1)\n"
    start += "def none():\n    # TODO(2): none\n    return 1\n    # END TODO(2)\n"
    for name in ("task_tf.py", "start/task_tf.py"):
        course.write(f"{FOLDER}/{name}", start)
    course.write(
        "solutions/01_toy/task_tf.py", start.replace("return x", "return 3 * x").replace("return 1", "return 0")
    )
    course.write(
        f"{FOLDER}/workload_tf.py", "def got(x):\n    import task_tf\n    return [task_tf.triple(x), task_tf.none()]\n"
    )
    course.write(
        f"{FOLDER}/test_tf.py",
        """
        from grader.checks import check
        from grader.verdict import Failed

        @check("double doubles", points=8, rests_on="witnessed", todo=1)
        def test_triples(submission):
            if submission.worker().call("got", 2)[0] != 6:
                raise Failed("2 did not become 6.")

        @check("none is none", points=2, rests_on="witnessed", todo=2)
        def test_none(submission):
            if submission.worker().call("got", 2)[1] != 0:
                raise Failed("It is not none.")
        """,
    )
    course.write(
        f"{FOLDER}/hints_tf.md",
        "".join(f"## TODO({n}): x\n### 1\nThrice?\n### 2\nThree.\n### 3\n3 * x\n" for n in (1, 2)),
    )
    lesson = course.folder / FOLDER / "README.md"
    table = "\n".join(
        ["\n## TensorFlow", ROW.format("double doubles", 8, "failed"), ROW.format("none is none", 2, "failed")]
    )
    lesson.write_text(lesson.read_text().replace("# Toy\n", "# Toy\n## PyTorch\n") + table + "\n")
    course.write(
        "tests/wrong/01_toy/tensorflow/twice.py",
        '''
        """Two is not three.

        Caught by: triples
        """
        # TODO(1)
            return 2 * x
        # END TODO(1)
        ''',
    )
    return course


def test_both_sides_are_proven_each_with_its_own_table_and_hints(both):
    answer = both.run("grader", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "ok 01 torch: triple is caught by doubles" in answer.stdout
    assert "ok 01 tensorflow: twice is caught by triples" in answer.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("README.md", ROW.format("double doubles", 8, "failed"), "", "no row '| double doubles | 8 | witnessed"),
        ("hints_tf.md", "### 3\n", "", "hints_tf.md: TODO(1) needs 3 hints"),
        ("task_tf.py", "return x", "return x + x", "task_tf.py differs from start/task_tf.py"),
    ],
)
def test_a_problem_of_one_side_is_found(both, name, old, new, problem):
    path = both.folder / FOLDER / name
    path.write_text(path.read_text().replace(old, new, 1))
    answer = both.run("grader", "verify", "01")
    assert answer.returncode == 1
    assert problem in answer.stdout


def test_a_table_belongs_to_the_heading_above_it(both):
    assignment = catalog.load(both.folder / FOLDER)
    torch, tensorflow = assignment.sides
    assert [(row.claim, row.points) for row in exercises.lesson_table(assignment, tensorflow)] == [
        ("double doubles", 8),
        ("none is none", 2),
    ]
    assert [row.points for row in exercises.lesson_table(assignment, torch)] == [4, 6]
    lesson = both.folder / FOLDER / "README.md"
    lesson.write_text(lesson.read_text().replace("## PyTorch", "## Judging"))
    assert [row.points for row in exercises.lesson_table(assignment, tensorflow)] == [4, 6, 8, 2]


def test_a_hint_is_for_the_side_that_is_named_or_edited(both):
    assert "TODO(1) in task.py, hint 1 of 3\n\nWhy?" in both.run("grader", "hint", "01", "1").stdout
    named = both.run("grader", "hint", "01", "1", "--framework", "tensorflow").stdout
    assert named == (
        "TODO(1) in task_tf.py, hint 1 of 3\n\nThrice?\n\nMore: grader hint 01 1 2 --framework tensorflow\n"
    )
    both.write(f"{FOLDER}/task_tf.py", "def triple(x):\n    return 5\n")
    assert both.run("grader", "hint", "01", "1").stdout == named
    both.solve()
    assert "Why?" in both.run("grader", "hint", "01", "1").stdout


def test_diff_and_reset_mean_both_sides_unless_one_is_named(both):
    mine = both.write(f"{FOLDER}/task_tf.py", "def triple(x):\n    return 5\n")
    both.solve()
    shown = both.run("grader", "diff", "01").stdout
    assert "+++ task.py" in shown
    assert "+++ task_tf.py" in shown
    assert "task_tf.py" not in both.run("grader", "diff", "01", "--framework", "torch").stdout
    assert "task.py is as shipped" in both.run("grader", "reset", "01", "--framework", "torch").stdout
    assert "return 5" in mine.read_text()
    both.run("grader", "reset", "01")
    assert both.run("grader", "diff", "01").stdout == "01_toy is as shipped.\n"


@pytest.mark.parametrize("verb", ["hint", "diff", "reset"])
def test_a_framework_that_the_topic_lacks_is_one_message(course, verb):
    answer = course.run("grader", verb, "01", "--framework", "tensorflow")
    assert answer.returncode == 2
    assert answer.stderr == "grader: 01_toy has nothing for 'tensorflow'; it has torch\n"
