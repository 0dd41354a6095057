"""Prints each verdict as it comes, then the score: what `pytest assignments/03` shows instead of pytest's report."""

from __future__ import annotations

from typing import Any

import pytest

from grader import course, machine, panel, plain, results
from grader.bench import Bench
from grader.catalog import ROOT
from grader.errors import UsageError

BENCHES = pytest.StashKey[dict[str, Bench]]()
"""The benches of this run by assignment folder."""

VERBOSE = pytest.StashKey[bool]()
"""Whether -v was given: evidence of passed checks, too. pytest itself is kept quiet."""

MAX_WIDTH = 100


class Printer:
    """A plugin of its own, registered once pytest has a terminal."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._writer = config.get_terminal_writer()
        self._headed: set[tuple[str, str]] = set()
        self._ran: list[str] = []
        self._deselected = 0
        self._said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the block of a check that has just ended."""
        entry = dict(report.user_properties).get("entry")
        if not isinstance(entry, dict):
            return
        folder = str((self._config.rootpath / report.nodeid.partition("::")[0]).parent)
        self._heading(folder, entry["framework"])
        self._ran.append(entry["id"])
        said = entry["evidence"] if entry["verdict"] == "not measured" else ""
        verbose = self._config.stash[VERBOSE]
        entry = {key: self._fit(value) if isinstance(value, str) else value for key, value in entry.items()}
        text = panel.block(entry, self._width(), verbose=verbose, again=bool(said) and said == self._said)
        self._said = said
        # The mark alone has a colour: yellow text is hard to read on white, blue on black.
        colour = panel.COLOURS.get(entry["verdict"])
        mark = len(panel.INDENT)
        self._writer.write(text[:mark], **({colour: True} if colour else {}))
        self._writer.line(text[mark:])
        self._writer.flush()

    def pytest_terminal_summary(self) -> None:
        """Print the score of every assignment, what is still as shipped, and which framework counts."""
        for bench in self._config.stash[BENCHES].values():
            self._writer.line()
            judged = results.frameworks(bench.results)
            files = {file["framework"]: file for file in bench.results["files"]}
            for framework in judged:
                self._line(panel.summary(bench.results, framework), bold=True)
                whose = f"{panel.label(framework)}: " if len(judged) > 1 else ""
                self._line(panel.standing(files[framework], _shown(bench), whose))
            for framework, file in files.items():
                if framework not in judged:
                    self._line(panel.not_attempted(file, _command(bench, framework)))
            self._grade(bench)
            self._part_of_it(bench)

    def _grade(self, bench: Bench) -> None:
        """Which framework counts, where there is a choice."""
        scores = {name: results.score(bench.results, name) for name in results.sides(bench.results)}
        if len(scores) == 1:
            return
        try:
            rule = course.load().rule(bench.assignment.name)
        except UsageError as error:
            self._line(f"No grade: {error}")
        else:
            self._line(panel.grade(course.grade(scores, rule), rule), bold=True)

    def _part_of_it(self, bench: Bench) -> None:
        """After `-k` or `--lf`: how many of all checks ran, and how to run all."""
        ran, known = len(self._ran), [c["id"] for c in bench.results["checks"]]
        if self._deselected and not ran:
            self._line(f"No check was selected. Their names: {', '.join(known)}")
        elif self._deselected:
            number = bench.assignment.number
            self._line(f"{ran} of {len(known)} checks ran. All of them: pytest assignments/{number}")

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember that this is not the whole suite."""
        self._deselected += len(items)

    def _width(self) -> int:
        return min(self._writer.fullwidth, MAX_WIDTH)

    def _line(self, text: str, **markup: Any) -> None:
        if text:
            self._writer.line(panel.wrap(self._fit(text), self._width()), **markup)

    def _fit(self, text: str) -> str:
        """Before it is laid out: for a whole line that cannot be encoded, pytest would print escapes."""
        return plain.fit(text, self._writer._file)  # noqa: SLF001

    def _heading(self, folder: str, framework: str) -> None:
        """Before the first check of an assignment, and of each framework where there are several."""
        bench = self._config.stash[BENCHES].get(folder)
        if bench is None or (folder, framework) in self._headed:
            return
        if not any(headed == folder for headed, _ in self._headed):
            title = f"{bench.assignment.number} {bench.assignment.title}"
            self._line(f"{title}: {bench.results['whose']}; {machine.describe()}", bold=True)
        self._headed.add((folder, framework))
        if len(results.frameworks(bench.results)) > 1:
            self._writer.line(f"\n{panel.label(framework)}", bold=True)


def _shown(bench: Bench) -> str:
    folder = bench.assignment.folder
    return str(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)


def _command(bench: Bench, framework: str) -> str:
    """How to check a side all the same; empty for a hand-in, which somebody else would have to change."""
    if not bench.results["whose"].startswith("your code"):
        return ""
    return f"pytest assignments/{bench.assignment.number}/{bench.assignment.side(framework).test}"
