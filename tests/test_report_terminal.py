"""What a terminal shows of two frameworks and of a class: in 80 columns, without colours, without Unicode."""

import re

import pytest

from grader import classroom, course, panel, plain
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.conftest import TOY
from tests.made_class import check, hand_in, put, two_sides

CLAIM = "Å → doubles \N{MULTIPLICATION SIGN}2 “twice”"
SOLVED = TOY["solutions/01_toy/task.py"]


@pytest.fixture
def two(course):
    """The toy with a TensorFlow side (which needs numpy only); its task is still the start."""
    side = """
        [tensorflow]
        imports = ["numpy"]
        given = ["workload_tf.py"]
        task = "task_tf.py"
        """
    course.write("assignments/01_toy/assignment.toml", TOY["assignments/01_toy/assignment.toml"] + side)
    workload = TOY["assignments/01_toy/workload.py"].replace("import task", "import task_tf as task")
    course.write("assignments/01_toy/workload_tf.py", workload)
    checks = TOY["assignments/01_toy/test_torch.py"].partition('@check("total')[0]
    checks = checks.replace("double doubles", CLAIM).replace("points=4", "points=10")
    course.write("assignments/01_toy/test_tf.py", checks)
    for place in ("start/task_tf.py", "task_tf.py"):
        course.write(f"assignments/01_toy/{place}", TOY["assignments/01_toy/start/task.py"])
    return course


def panel_of(course, *words, **env):
    return course.run("pytest", "assignments/01", "-k", "double", *words, **env).stdout


def test_a_side_that_is_the_start_is_one_line(two):
    two.write("assignments/01_toy/task.py", SOLVED)
    shown = panel_of(two)
    assert "01 Toy (PyTorch): 4 of 4 points judged here" in shown
    words = "TensorFlow: not attempted (task_tf.py is still the start). To check it: pytest assignments/01/test_tf.py"
    assert words in " ".join(shown.split())
    assert "Grade:" not in shown


def test_two_sides_have_headings_scores_and_one_grade(two):
    two.write("assignments/01_toy/task.py", SOLVED.replace("2 * x", "3 * x"))
    two.write("assignments/01_toy/task_tf.py", SOLVED)
    shown = panel_of(two).splitlines()
    assert {"PyTorch", "TensorFlow"} <= set(shown)
    assert "Grade: 10 of 10 points; counts: TensorFlow, the better of the two." in " ".join(shown)
    assert "Not final: 1 check without a result." in " ".join(shown)
    two.write("course.toml", '[grade]\nframework = "both"\n')
    assert "Grade: 5 of 7 points; counts: the mean of both, as course.toml says." in panel_of(two)
    two.write("course.toml", '[grade]\nframework = "bth"\n')
    assert "No grade: course.toml: grade.framework is 'bth', expected one of" in panel_of(two)


def test_claims_beyond_ascii_on_a_terminal_without(two):
    two.write("assignments/01_toy/task_tf.py", SOLVED)
    shown = panel_of(two, PYTHONIOENCODING="ascii", LANG="C")
    assert shown.isascii()
    (line,) = [line for line in shown.splitlines() if line.startswith("ok")]
    assert re.fullmatch(r'ok A -> doubles x2 "twice" +10 of 10 points', line)
    assert max(map(len, shown.splitlines())) == len(line) == 80
    assert CLAIM in panel_of(two, PYTHONIOENCODING="utf-8")


def test_colours_only_where_a_person_looks(two):
    two.write("assignments/01_toy/task.py", SOLVED)
    assert "\x1b" not in panel_of(two)
    assert "\x1b[32mok \x1b[0mdouble doubles" in panel_of(two, FORCE_COLOR="1")
    assert "\x1b" not in panel_of(two, FORCE_COLOR="1", NO_COLOR="1")


@pytest.mark.parametrize("verdict", Verdict)
def test_blocks_keep_within_80_columns(verdict):
    entry = check("x", Outcome(verdict, "some evidence " * 12, "a cause " * 20, "a step " * 20, share=0.35))
    entry["claim"] = "a claim that is long " * 6
    assert max(map(len, panel.block(entry, 80, verbose=True).splitlines())) <= 80


def test_no_grade_where_the_course_asks_for_another_framework():
    assert panel.grade(None, "tensorflow") == "Grade: none yet; course.toml asks for TensorFlow."
    assert panel.grade(None, "better") == ""


# --- the class -------------------------------------------------------------------------------------------------------


@pytest.fixture
def show(tmp_path, capsys, monkeypatch):
    """Print the table of the class in 80 columns; returns its lines."""
    monkeypatch.setenv("COLUMNS", "80")
    out = made_class.make(tmp_path / "out")

    def show():
        classroom.report(out)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return out, show


def test_the_class_in_a_table(show):
    out, lines = show
    put(out, "h1", two_sides(Verdict.FAILED, Verdict.PASSED))
    put(out, "h2", hand_in([], state="missing", note="task.py is not in the hand-in"))
    found = lines()
    assert [line.split() for line in found if line.startswith(" chen wei")] == [["chen", "wei", "12", "of", "12"]]
    rows = [" ".join(line.split()) for line in found]
    start = next(i for i, row in enumerate(rows) if row.startswith("Åsa Öberg"))
    assert rows[start : start + 2] == ["Åsa Öberg, PhD 1.5 of 1.5", "tf"]
    assert "03 missing: task.py is not in the hand-in" in rows


def test_eight_assignments_fit_with_a_long_name(show):
    out, lines = show
    name = "Maria del Carmen Fernández-Villaverde y Ortega"
    made_class.name_them(out, {"h1": name})
    for number in range(10, 18):
        checks = [check("a", Outcome(Verdict.FAILED, share=0.65), points=10), check("b", None, points=1)]
        put(out, "h1", hand_in(checks) | {"assignment": f"{number}_x"})
    found = lines()
    assert max(map(len, found)) <= 80
    (row,) = [line for line in found if line.startswith(" Maria")]
    assert row.split()[-12:] == ["3.6*", *["6.5*"] * 8, "55.6", "of", "86*"]


def test_a_class_on_a_terminal_without_unicode(two, tmp_path):
    out = made_class.make(tmp_path / "out")
    made_class.name_them(out, {"h1": "Åsa Öberg", "h2": "Łukasz Żak", "h3": "李雷"})
    answer = two.run("grader", "report", str(out), PYTHONIOENCODING="ascii", LANG="C")
    assert answer.stdout.isascii()
    assert answer.stderr == ""
    assert all(name in answer.stdout for name in ("Asa Oberg", "Lukasz Zak", "??"))


def test_pages_and_csv_by_the_command(two, tmp_path):
    out = made_class.make(tmp_path / "out")
    html, table = tmp_path / "r.html", tmp_path / "r.csv"
    answer = two.run("grader", "report", str(out), "--html", str(html), "--csv", str(table))
    students = tmp_path / "r-students"
    assert answer.stdout.strip().splitlines() == [
        f"Wrote {html}, and the pages of 3 students to {students}",
        f"Wrote {table}: 24 rows",
    ]
    assert {p.name for p in students.iterdir()} == {"h1.html", "h2.html", "h3.html"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Åsa Öberg", "Asa Oberg"),
        ("≥ 3\N{MULTIPLICATION SIGN} “µ” … \N{EN DASH}", '>= 3x "u" ... -'),
        ("日", "?"),
        ("e\u0301", "e"),
    ],
)
def test_plain_forms(text, expected):
    assert plain.plain(text) == expected


def test_a_default_course_needs_no_file():
    assert course.load() == course.Course()
