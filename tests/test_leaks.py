"""How much of a solution a page may hold before it counts as a part of it."""

import pytest

from grader import catalog, leaks, todo

ASSIGNMENTS = [catalog.load(folder) for folder in catalog.folders()]
SIDES = [pytest.param(a, s, id=f"{a.number}-{s.framework}") for a in ASSIGNMENTS for s in a.sides]
KNOWN = leaks.secrets(catalog.SOLUTIONS, catalog.ASSIGNMENTS)


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_every_todo_of_some_length_is_looked_for(tmp_path, assignment, side):
    """The whole body of each TODO in a page; those of a few words only are the limit of the method."""
    bodies = todo.regions(assignment.solution(side).read_text("utf-8"))
    long = {n: body for n, body in bodies.items() if len(leaks.words(body)) >= leaks.EXACT_LEAST}
    assert long
    for number, body in long.items():
        (tmp_path / "page.md").write_text(f"So:\n\n{body}\n")
        name = f"{assignment.name}/{side.task}, TODO({number})"
        assert any(name in line for line in leaks.search(tmp_path, KNOWN)), name


def test_one_word_less_than_the_limit_is_allowed(tmp_path):
    code = todo.regions((catalog.SOLUTIONS / "03_data_loading" / "task.py").read_text("utf-8"))[2]
    beginnings = {len(leaks.words(code[:end])): code[:end] for end in range(len(code))}
    for length, found in ((leaks.EXACT, 1), (leaks.EXACT - 1, 0)):
        (tmp_path / "page.md").write_text(beginnings[length])
        assert len(list(leaks.search(tmp_path, KNOWN))) == found


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_what_the_start_has_too_may_be_shown(tmp_path, assignment, side):
    (tmp_path / "page.md").write_text(assignment.start(side).read_text("utf-8"))
    assert list(leaks.search(tmp_path, KNOWN)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a,\n  b,\n)", "f(a, b)"),
        ("x = 'a'  # why", 'x = "a"'),
        ("self.handle = g(n = 2)", "self . handle = g(n=2)"),
    ],
)
def test_layout_quotes_and_comments_do_not_count(one, other):
    assert leaks.words(one) == leaks.words(other)


def test_own_names_may_differ_but_those_of_libraries_do_not():
    words = leaks.words("self.archive = zipfile.ZipFile(path, mode=mode)")
    assert leaks.numbered(words) == leaks.numbered(leaks.words("self.z = zipfile.ZipFile(p, mode=m)"))
    assert leaks.numbered(words) != leaks.numbered(leaks.words("self.z = zipfile.open(p, mode=m)"))
    assert leaks.numbered(words) != leaks.numbered(leaks.words("self.z = zipfile.ZipFile(p, mood=m)"))


def test_a_start_that_is_solved_already_stops_the_release(course):
    """The leak search takes the start's own lines for no secret, so this has a check of its own."""
    start = course.folder / "assignments/01_toy/start/task.py"
    start.write_text(start.read_text().replace("return x\n", "return 2 * x  # done\n"))
    answer = course.run("grader", "release", str(course.folder.parent / f"{course.folder.name}-edition"))
    assert answer.returncode == 2
    assert "01_toy/start/task.py holds the solution of TODO(1)" in answer.stderr
