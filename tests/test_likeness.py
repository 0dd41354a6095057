"""Who handed in the solution is pointed out, also after renaming and reformatting; who wrote their own is not."""

import ast
import re
import subprocess
import sys

import pytest

from grader import catalog, exercises, intake, likeness, schema, todo
from grader.bench import Bench

ASSIGNMENTS = [catalog.load(folder) for folder in catalog.folders()]
SIDES = [
    pytest.param(a, s, id=f"{a.number}-{s.framework}") for a in ASSIGNMENTS for s in a.sides if a.solution(s).is_file()
]
CLASS = sorted((catalog.ROOT / "examples" / "class").iterdir())
COPIED = "Emil Holm"
"""A hand-in of the sample class that is the solution, laid out anew and with comments."""
VERBATIM = "wherever it was edited, the same text; a matter to look at, not a proof"
RENAMED = (
    "wherever it was edited, the same program under other names or in another layout; a matter to look at, not a proof"
)


def note(assignment, side, text):
    """What the instructor is told about a hand-in with this text."""
    start = assignment.start(side).read_text("utf-8")
    file = intake.TaskFile(side, "edited", "", text, tuple(todo.untouched(text, start)))
    return likeness.note(file, assignment.start(side), assignment.solution(side))


def solved(assignment, side):
    return assignment.solution(side).read_text("utf-8")


class Rename(ast.NodeTransformer):
    """Gives every argument, local name and own attribute another name; what is left is the same program."""

    def __init__(self, tree, start):
        nodes = list(ast.walk(tree))
        self.names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.names |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.names -= {n.id for n in ast.parse(start).body if isinstance(n, ast.Name)} | {"__all__"}
        self.fields = {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}

    def visit_Name(self, node):
        return ast.Name(f"my_{node.id}" if node.id in self.names else node.id, node.ctx)

    def visit_FunctionDef(self, node):  # one inside another, whose name is that of a variable elsewhere
        self.generic_visit(node)
        node.name = f"my_{node.name}" if node.name in self.names else node.name
        return node

    def visit_arg(self, node):
        node.arg = f"my_{node.arg}"
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        node.attr = f"my_{node.attr}" if node.attr in self.fields else node.attr
        return node


def renamed(text, start):
    """The program with other names; without comments and TODO marks, too."""
    tree = ast.parse(text)
    return ast.unparse(Rename(tree, start).visit(tree))


def reformatted(text):
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "50", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def documented(text):
    """A docstring and a comment in every function, and space at the end of lines."""
    return re.sub(r"^( *)def .*:$", r'\g<0>  # mine\n\1    """My own work."""\n', text, flags=re.MULTILINE)


def turned_round(text):
    """Functions and methods in the opposite order, imports spelled out."""
    tree = ast.parse(text)
    for node in [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))]:
        node.body.sort(key=lambda n: -n.lineno if isinstance(n, ast.FunctionDef) else 0)
    return "import shutil as sh\nimport zipfile as zf\n" + re.sub(
        r"\b(shutil|zipfile)\.", lambda m: {"shutil": "sh.", "zipfile": "zf."}[m[1]], ast.unparse(tree)
    )


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_the_solution_itself_is_pointed_out(assignment, side):
    text = solved(assignment, side)
    assert note(assignment, side, text) == VERBATIM


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_other_names_layout_order_and_comments_do_not_hide_it(assignment, side):
    text, start = solved(assignment, side), assignment.start(side).read_text("utf-8")
    other = renamed(text, start)
    assert other != ast.unparse(ast.parse(text))
    hidden = [other, documented(reformatted(other)), turned_round(text)]
    assert [note(assignment, side, h) for h in hidden] == [RENAMED] * 3
    for same in (documented(text), reformatted(text)):
        assert note(assignment, side, same) in (VERBATIM, RENAMED)


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_one_todo_left_as_shipped_does_not_hide_it(assignment, side):
    text, start = solved(assignment, side), todo.regions(assignment.start(side).read_text("utf-8"))
    first = min(start)  # TODO(1) may be in another file
    assert note(assignment, side, todo.compose(text, {first: start[first]})) == VERBATIM


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_a_wrong_answer_is_a_program_of_its_own(assignment, side):
    """Composed with the solution in all other TODOs, so as near as can be; unless it only leaves a TODO as shipped."""
    start = assignment.start(side).read_text("utf-8")
    alike = []
    for wrong in exercises.wrong_answers(assignment, side):
        bodies = todo.regions(wrong.path.read_text("utf-8"))
        alone = todo.compose(start, {n: bodies[n] for n in bodies if n == 0 or n in todo.regions(start)})
        as_shipped = likeness.units(alone, start) == likeness.units(start, start)
        if not as_shipped and note(assignment, side, intake.take(assignment, side, wrong.path).text):
            alike.append(wrong.path.name)
    assert alike == []


@pytest.mark.parametrize("student", CLASS, ids=lambda p: p.name)
@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_in_the_sample_class_only_who_copied_is_pointed_out(assignment, side, student):
    file = intake.take(assignment, side, student)
    copied = student.name == COPIED and file.state == "edited"
    assert likeness.note(file, assignment.start(side), assignment.solution(side)) == (RENAMED if copied else "")


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_one_todo_done_as_everybody_does_is_no_likeness(assignment, side):
    text, start = solved(assignment, side), assignment.start(side).read_text("utf-8")
    alone = [todo.compose(start, {number: body}) for number, body in todo.regions(text).items()]
    assert [note(assignment, side, renamed(one, start)) for one in [start, *alone]] == [""] * (len(alone) + 1)


@pytest.mark.parametrize(
    "text", ["def f(:", "x = " + "-" * 9000 + "1", "x = " + "(" * 9000, "x = 1" + "()" * 9000, "\0"]
)
def test_what_cannot_be_parsed_is_no_likeness_and_no_error(text):
    assignment, side = SIDES[-1].values
    assert note(assignment, side, text) == ""


def test_it_is_written_into_the_results_where_there_is_a_solution(monkeypatch, tmp_path):
    assignment, side = SIDES[-1].values
    file = intake.take(assignment, side, assignment.solution(side))
    results = Bench(assignment, [file], "somebody", None, {}).results
    assert results["files"][0]["like_solution"] == VERBATIM
    assert schema.problems(results, "results") == []
    monkeypatch.setattr(catalog, "SOLUTIONS", tmp_path)
    assert "like_solution" not in Bench(assignment, [file], "somebody", None, {}).results["files"][0]
