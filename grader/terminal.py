"""Prints each verdict as it comes, then the score: what `pytest assignments/03` shows instead of pytest's report."""

from __future__ import annotations

import pytest

from grader import machine, panel, results
from grader.bench import Bench
from grader.catalog import ROOT

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
        self._headed: set[str] = set()
        self._ran: list[str] = []
        self._deselected = 0
        self._said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the block of a check that has just ended."""
        entry = dict(report.user_properties).get("entry")
        if not isinstance(entry, dict):
            return
        self._heading(str((self._config.rootpath / report.nodeid.partition("::")[0]).parent))
        self._ran.append(entry["id"])
        said = entry["evidence"] if entry["verdict"] == "not measured" else ""
        verbose = self._config.stash[VERBOSE]
        text = panel.block(entry, self._width(), verbose=verbose, again=bool(said) and said == self._said)
        self._said = said
        head, _, body = text.partition("\n")
        colour = panel.COLOURS.get(entry["verdict"])
        self._writer.line(head, **({colour: True} if colour else {}))
        if body:
            self._writer.line(body)
        self._writer.flush()

    def pytest_terminal_summary(self) -> None:
        """Print the score of every assignment, and what is still as shipped."""
        width = self._width()
        for bench in self._config.stash[BENCHES].values():
            self._writer.line()
            for framework in results.frameworks(bench.results):
                self._writer.line(panel.wrap(panel.summary(bench.results, framework), width), bold=True)
            folder = bench.assignment.folder
            shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
            for file in bench.results["files"]:
                if text := panel.standing(file, str(shown)):
                    self._writer.line(panel.wrap(text, width))
            self._part_of_it(bench, width)

    def _part_of_it(self, bench: Bench, width: int) -> None:
        """After `-k` or `--lf`: how many of all checks ran, and how to run all."""
        ran, known = len(self._ran), [c["id"] for c in bench.results["checks"]]
        if self._deselected and not ran:
            self._writer.line(panel.wrap(f"No check was selected. Their names: {', '.join(known)}", width))
        elif self._deselected:
            number = bench.assignment.number
            self._writer.line(f"{ran} of {len(known)} checks ran. All of them: pytest assignments/{number}")

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember that this is not the whole suite."""
        self._deselected += len(items)

    def _width(self) -> int:
        return min(self._writer.fullwidth, MAX_WIDTH)

    def _heading(self, folder: str) -> None:
        bench = self._config.stash[BENCHES].get(folder)
        if bench is None or folder in self._headed:
            return
        self._headed.add(folder)
        title = f"{bench.assignment.number} {bench.assignment.title}"
        line = f"{title}: {bench.results['whose']}; {machine.describe()}"
        self._writer.line(panel.wrap(line, self._width()), bold=True)
