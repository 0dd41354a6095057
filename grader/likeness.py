"""Is a hand-in the solution under other names and in another layout? A matter for the instructor to look at.

Two programs are compared function by function as syntax trees without comments, docstrings, annotations and imports,
in any order. What an author may rename is numbered in the order of its use; library names are spelled out, whatever
their alias. The flag is rare on purpose, because honest answers to short exercises look alike: every function that
was edited must be the solution's, to the last constant, and together they must be most of the solution and large.
Who copies and then changes one step is not flagged; in 03 the sample hand-ins share up to 43 %.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader import todo
from grader.errors import UsageError
from grader.intake import TaskFile

MIN_NODES = 120
"""A smaller program is flagged only with its comments. A function of 03 has 30 to 75: two may be equal by chance."""
MIN_SHARE = 0.5
"""Of the solution's nodes: who left most TODOs as shipped and did the others as everybody does is not flagged."""
MIN_WORDS = 8
"""Words of the solution's own comments that nobody writes by chance."""
MAX_GROWTH = 8
"""A hand-in so many times longer than the solution is another program; parsing it would only cost time."""

Units = Counter[str]
"""Functions, and statements outside of them, in a normal form, with how often each occurs."""


def note(file: TaskFile, start: Path, solution: Path) -> str:
    """What to tell the instructor about a task file; empty for a program of its own, and without a solution."""
    if file.state != "edited" or not solution.is_file():
        return ""
    solved = solution.read_text("utf-8")
    if len(file.text) > MAX_GROWTH * len(solved):
        return ""
    copied, words = _same_text(file, solved)
    least = 0 if copied and words >= MIN_WORDS else MIN_NODES
    if not same_program(file.text, start.read_text("utf-8"), solved, least):
        return ""
    how = "text" if copied else "program under other names or in another layout"
    return f"wherever it was edited, the same {how}; a matter to look at, not a proof"


def same_program(text: str, start: str, solution: str, least: int = MIN_NODES) -> bool:
    """Is all that `text` changed in the start also in the solution, and is that `least` nodes and most of it?"""
    try:
        shipped = units(start, start)
        mine, solved = units(text, start) - shipped, units(solution, start) - shipped
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the hand-in's; its checks say so
        return False
    return bool(mine) and not mine - solved and size(mine) >= max(least, MIN_SHARE * size(solved))


def size(some: Units) -> int:
    """Nodes of the syntax trees; in a normal form each is its type and a bracket."""
    return sum(len(re.findall(r"\b[A-Z]\w*\(", unit)) * times for unit, times in some.items())


def units(text: str, start: str) -> Units:
    """The normal forms in `text`. Names that the start defines are the course's and stay. Raises SyntaxError."""
    tree = ast.parse(text)
    frame = {n.name for n in ast.parse(start).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    imported = dict(_imports(tree))
    own = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    classes = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
    own |= {m.name for c in classes for m in c.body if isinstance(m, ast.FunctionDef)}
    forms = (_Normal(imported, frame, own).form(node) for node in _split(tree.body))
    return Counter(form for form in forms if form)


def _split(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Functions, methods, and other statements; a class gives its head without a body, and what is in it."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            head = copy.copy(node)
            head.body = []
            yield head
            yield from _split(node.body)
        else:
            yield node


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each imported name and what it stands for: `import numpy as np` is ("np", "numpy")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((a.asname, a.name) if a.asname else (a.name.partition(".")[0],) * 2 for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((a.asname or a.name, f"{node.module or ''}.{a.name}") for a in node.names)


class _Normal(ast.NodeTransformer):
    """Brings one function or statement into its normal form. `own`: attributes and methods that the file names."""

    def __init__(self, imported: dict[str, str], frame: set[str], own: set[str]) -> None:
        self._imported, self._frame, self._own = imported, frame, own
        self._libraries = set(imported.values())
        self._numbers: dict[str, str] = {}
        self._bound: set[str] = set()

    def form(self, node: ast.stmt) -> str:
        """The normal form as text; empty for what does nothing."""
        node = copy.deepcopy(node)
        parts = list(ast.walk(node))
        self._bound = {n.id for n in parts if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        self._bound |= {n.arg for n in parts if isinstance(n, ast.arg)}
        self._bound |= {n.name for n in parts if isinstance(n, ast.ExceptHandler) and n.name}
        kept = self.visit(node)
        return "" if kept is None else ast.dump(kept)

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, f"#{len(self._numbers)}")

    def _name(self, name: str) -> str:
        if name in self._bound:
            return self._number(name)
        if name in self._imported:
            return self._imported[name]
        kept = name in self._frame or name.startswith("__") or hasattr(builtins, name)
        return name if kept else self._number(name)

    def visit(self, node: ast.AST) -> Any:
        """Drop what does nothing or is resolved elsewhere; normalise the rest."""
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        idle = isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Global | ast.Nonlocal)
        return None if docstring or idle else super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._name(node.id), ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        value = self.visit(node.value)
        if isinstance(value, ast.Name) and value.id in self._libraries:
            self._libraries.add(f"{value.id}.{node.attr}")  # zipfile.ZipFile, also where ZipFile was imported
            return ast.Name(f"{value.id}.{node.attr}", ast.Load())
        name = self._number(f".{node.attr}") if node.attr in self._own else node.attr
        return ast.Attribute(value, name, ast.Load())

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._number(node.arg))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._number(node.name) if node.name else None
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._name(node.name), None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return None if node.value is None else ast.Assign([self.visit(node.target)], self.visit(node.value))


def _same_text(file: TaskFile, solution: str) -> tuple[bool, int]:
    """Are all regions that the hand-in touched the solution's to the letter, and how many words have its comments?"""
    try:
        mine, solved = todo.regions(file.text), todo.regions(solution)
    except UsageError:
        return False, 0
    changed = [n for n in solved if n not in file.untouched]
    words = sum(len(comment.split()) for n in changed for comment in re.findall("#(.*)", solved[n]))
    return all(n in mine and _lines(mine[n]) == _lines(solved[n]) for n in changed), words


def _lines(body: str) -> list[str]:
    return [line.rstrip() for line in body.strip().splitlines()]
