"""Prints each verdict as it comes, then the score: what `pytest assignments/03` shows instead of pytest's report."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from grader import course, machine, panel, plain, results
from grader.bench import Bench
from grader.catalog import ROOT, Assignment
from grader.errors import UsageError
from grader.results import Results

BENCHES = pytest.StashKey[dict[str, Bench]]()
"""The benches of this run by assignment folder."""

VERBOSE = pytest.StashKey[bool]()
"""Whether -v was given: evidence of passed checks, too. pytest itself is kept quiet."""

MAX_WIDTH = 100


class Sheet:
    """Blocks and scores of results, on a terminal writer of pytest's (`writer`): plain text when piped."""

    def __init__(self, writer: Any, *, verbose: bool = False) -> None:
        self._writer = writer
        self._verbose = verbose
        self._headed: set[tuple[str, str]] = set()
        self._said = ""

    def check(self, assignment: Assignment, data: Results, entry: dict[str, Any]) -> None:
        """The block of a check that has its verdict."""
        self._heading(assignment, data, entry["framework"])
        long = entry["verdict"] == "not measured" or (entry["verdict"] == "not checked" and not _is_short(entry))
        said = entry["evidence"] if long else ""
        entry = {key: self._fit(value) if isinstance(value, str) else value for key, value in entry.items()}
        text = panel.block(entry, self._width(), verbose=self._verbose, again=bool(said) and said == self._said)
        self._said = said
        # The mark alone has a colour: yellow text is hard to read on white, blue on black.
        colour = panel.COLOURS.get(entry["verdict"])
        mark = len(panel.INDENT)
        self._writer.write(text[:mark], **({colour: True} if colour else {}))
        self._writer.line(text[mark:])
        self._writer.flush()

    def scores(self, assignment: Assignment, data: Results) -> None:
        """The score per framework, what is still as shipped, and which framework counts."""
        self._writer.line()
        judged = results.frameworks(data)
        files = {file["framework"]: file for file in data["files"]}
        for framework in judged:
            self.line(panel.summary(data, framework), bold=True)
            whose = f"{panel.label(framework)}: " if len(judged) > 1 else ""
            self.line(panel.standing(files[framework], _shown(assignment), whose))
        for framework, file in files.items():
            if framework not in judged:
                self.line(panel.not_attempted(file, _command(assignment, data, framework)))
        self._grade(data)

    def _grade(self, data: Results) -> None:
        """Which framework counts, where there is a choice, and both that were worked on were checked."""
        scores = {name: results.score(data, name) for name in results.sides(data)}
        if len(scores) == 1 or any(score["attempted"] and not score["total"] for score in scores.values()):
            return
        try:
            rule = course.load().rule(data["assignment"])
        except UsageError as error:
            self.line(f"No grade: {error}")
        else:
            self.line(panel.grade(course.grade(scores, rule), rule), bold=True)

    def _width(self) -> int:
        return min(int(self._writer.fullwidth), MAX_WIDTH)

    def line(self, text: str, **markup: Any) -> None:
        """A text in lines that fit; nothing for an empty one."""
        if text:
            self._writer.line(panel.wrap(self._fit(text), self._width()), **markup)
            self._writer.flush()

    def _fit(self, text: str) -> str:
        """Before it is laid out: for a whole line that cannot be encoded, pytest would print escapes."""
        return plain.fit(text, self._writer._file)  # noqa: SLF001

    def _heading(self, assignment: Assignment, data: Results, framework: str) -> None:
        """Before the first check of an assignment, and of each framework where there are several."""
        name = assignment.name
        if (name, framework) in self._headed:
            return
        if not any(headed == name for headed, _ in self._headed):
            title = f"{assignment.number} {assignment.title}"
            self.line(f"{title}: {data['whose']}; {machine.describe(data['machine'])}", bold=True)
        self._headed.add((name, framework))
        if len(results.frameworks(data)) > 1:
            self._writer.line(f"\n{panel.label(framework)}", bold=True)


class Printer:
    """The sheet of a run of pytest: a plugin of its own, registered once pytest has a terminal."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._sheet = Sheet(config.get_terminal_writer(), verbose=config.stash[VERBOSE])
        self._ran: Counter[tuple[str, str]] = Counter()
        """How many checks ran, by assignment and framework."""
        self._deselected = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the block of a check that has just ended."""
        entry = dict(report.user_properties).get("entry")
        folder = str((self._config.rootpath / report.nodeid.partition("::")[0]).parent)
        bench = self._config.stash[BENCHES].get(folder)
        if isinstance(entry, dict) and bench is not None:
            self._ran[bench.assignment.name, entry["framework"]] += 1
            self._sheet.check(bench.assignment, bench.results, entry)

    def pytest_terminal_summary(self) -> None:
        """Print the score of every assignment."""
        for bench in self._config.stash[BENCHES].values():
            if self._deselected == 0 or any(name == bench.assignment.name for name, _ in self._ran):
                self._sheet.scores(bench.assignment, bench.results)
            self._part_of_it(bench)

    def _part_of_it(self, bench: Bench) -> None:
        """After `-k` or `--lf`: how many of all checks ran, and how to run all."""
        name, number = bench.assignment.name, bench.assignment.number
        checks = [(c["framework"], c["id"]) for c in bench.results["checks"]]
        if self._deselected and not self._ran:
            names = ", ".join(dict.fromkeys(id_ for _, id_ in checks))
            self._sheet.line(f"No check was selected. Their names: {names}")
        ran = sum(count for (of, _), count in self._ran.items() if of == name)
        known = sum((name, framework) in self._ran for framework, _ in checks)
        if 0 < ran < known:
            self._sheet.line(f"{ran} of {known} checks ran. All of them: pytest assignments/{number}")

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember that this is not the whole suite."""
        self._deselected += len(items)


def _is_short(entry: dict[str, Any]) -> bool:
    """Whether the reason for waiting is another check's name: that is said each time."""
    return str(entry["evidence"]).startswith("First: ")


def _shown(assignment: Assignment) -> str:
    folder = assignment.folder
    return str(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)


def _command(assignment: Assignment, data: Results, framework: str) -> str:
    """How to check a side all the same; empty for a hand-in, which somebody else would have to change."""
    if not data["whose"].startswith("your code"):
        return ""
    return f"pytest assignments/{assignment.number}/{assignment.side(framework).test}"
