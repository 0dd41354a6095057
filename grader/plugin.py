"""The pytest plugin: `pytest assignments/03` runs the checks of an assignment and shows verdicts.

It expands the prefix, gives every check its bench, turns how a check ended into a verdict, writes
results.json after each. What a person sees is grader.terminal. Ordinary tests are left alone.
"""

# ruff: noqa: E402 - the environment comes first

from __future__ import annotations

import os

# Before numpy is imported: the idle threads of a BLAS pool spin, here, on the cores where a worker is being timed.
# The grader's own arithmetic is small; workers get an environment of their own.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import traceback
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader import catalog, checks, hints, intake, results, runs, todo
from grader.bench import BENCH, SIDE, Bench, Servers
from grader.catalog import ASSIGNMENTS, SELF_CHECKS
from grader.errors import UsageError
from grader.terminal import BENCHES, VERBOSE, Printer
from grader.verdict import Failed, GraderFault, NotMeasured, Outcome, Stop, Verdict

pytest_plugins = ["grader.fixtures"]

_PYTEST_WORD = {Verdict.PASSED: "passed", Verdict.UNSURE: "passed", Verdict.FAILED: "failed"}
_PYTEST_WORD |= {Verdict.GRADER_FAULT: "failed"}
_RETURNED = pytest.StashKey[Any]()
_SETUP_S = pytest.StashKey[float]()
SERVERS = pytest.StashKey[Servers]()
"""Fork servers that this run was lent."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of a check run."""
    group = parser.getgroup("grader", "checks of assignments")
    group.addoption("--against", metavar="PATH", help="check this task file or hand-in instead of your own")
    group.addoption("--results", metavar="FILE", help="where to write results.json")
    group.addoption("--through", metavar="DIR", help="write --results only as long as this folder exists")
    group.addoption(
        runs.OPTION, action="append", default=[], metavar="IMPORTS=FD:PID", help="a fork server that runs already"
    )
    group.addoption("--resume", action="store_true", help="keep verdicts that --results already has")


def pytest_configure(config: pytest.Config) -> None:
    """Expand `assignments/03`; for a run of checks alone, silence pytest's own report."""
    config.stash[BENCHES] = {}
    config.stash[SERVERS] = runs.lent(config.getoption(runs.OPTION))
    try:
        config.args = [_expand(arg, Path(config.invocation_params.dir)) for arg in config.args]
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[VERBOSE] = config.option.verbose > 0
    if not _only_checks(config):
        return
    option = config.option
    option.no_header, option.reportchars, option.disable_warnings = True, "", True
    if option.tbstyle == "auto":
        option.tbstyle = "no"
    option.verbose = -1


def _expand(arg: str, here: Path) -> str:
    """`assignments/03` or, inside assignments, `03`: the folder it names; anything else as it is."""
    path, separator, rest = arg.partition("::")
    parts = Path(path).parts
    for depth in range(len(parts)):
        parent = here.joinpath(*parts[:depth])
        if parent.resolve() == ASSIGNMENTS and not (parent / parts[depth]).exists():
            folder = catalog.expand(parts[depth])
            return str(folder.joinpath(*parts[depth + 1 :])) + separator + rest
    return arg


def _only_checks(config: pytest.Config) -> bool:
    here = Path(config.invocation_params.dir)
    paths = [(here / arg.partition("::")[0]).resolve() for arg in config.args]
    return bool(paths) and all(path.is_relative_to(ASSIGNMENTS) for path in paths)


# --- collection --------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every selected check its bench; with --resume, leave out those that have their verdict."""
    by_folder: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if hasattr(getattr(item, "obj", None), checks.ATTRIBUTE):
            by_folder.setdefault(item.path.parent, []).append(item)
    try:
        others = [item for folder, mine in by_folder.items() for item in _other_side(config, folder, mine)]
        items[:] = [item for item in items if item not in others]
        wanted = {folder: [item for item in mine if item not in others] for folder, mine in by_folder.items()}
        done = [item for folder, mine in wanted.items() for item in _prepare(config, folder, mine)]
    except UsageError as error:
        items.clear()
        raise pytest.UsageError(str(error)) from None
    if done:
        items[:] = [item for item in items if item not in done]
        config.hook.pytest_deselected(items=done)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is still selected is about to run."""
    selected: dict[Bench, list[tuple[str, checks.Check]]] = {}
    for item in session.items:
        if BENCH in item.stash:
            selected.setdefault(item.stash[BENCH], []).append((item.stash[SIDE].framework, _check(item)))
    try:
        for bench, mine in selected.items():
            bench.begin(mine)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _other_side(config: pytest.Config, folder: Path, items: list[pytest.Item]) -> list[pytest.Item]:
    """The checks of a framework that this run is not about: `pytest assignments/03` checks what was attempted."""
    named = {Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args}
    assignment = catalog.load(folder)
    wanted = {side.test for side in intake.attempted(assignment, _source(config, folder))}
    return [item for item in items if item.path not in named and item.path.name not in wanted]


def _source(config: pytest.Config, folder: Path) -> Path:
    against = config.getoption("against")
    return Path(config.invocation_params.dir, against) if against else folder


def _prepare(config: pytest.Config, folder: Path, items: list[pytest.Item]) -> list[pytest.Item]:
    """Make the bench of one assignment; returns the checks that need no run."""
    assignment = catalog.load(folder)
    against, source = config.getoption("against"), _source(config, folder)
    own = None if against else SELF_CHECKS / assignment.name / results.NAME
    out = config.getoption("results") or own
    files, servers = intake.take_all(assignment, source), config.stash[SERVERS]
    bench = Bench(assignment, files, intake.whose(source), Path(out) if out else None, servers)
    bench.through = Path(through) if (through := config.getoption("through")) else None
    config.stash[BENCHES][str(folder)] = bench
    sides = {side.test: side for side in assignment.sides}
    for item in items:
        item.stash[BENCH] = bench
        item.stash[SIDE] = sides[item.path.name]
    declared = [(item.stash[SIDE].framework, _check(item)) for item in items]
    bench.declare(declared, resume=config.getoption("resume"))
    if not config.getoption("resume"):
        return []
    return [item for item in items if _entry(item)["verdict"] in results.FINAL]


def _check(item: pytest.Item) -> checks.Check:
    return checks.of(item.obj)  # type: ignore[attr-defined]


def _entry(item: pytest.Item) -> dict[str, Any]:
    entry = item.stash[BENCH].entry(item.stash[SIDE].framework, _check(item).id)
    assert entry is not None
    return entry


# --- running -----------------------------------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a check: are its framework and hardware here, is its task file usable, did what it depends on pass?"""
    if BENCH not in item.stash:
        return
    bench, side = item.stash[BENCH], item.stash[SIDE]
    if side.missing:
        raise NotMeasured(f"{side.missing}.", next=side.remedy)
    from grader.fixtures import HARDWARE

    for name in HARDWARE.keys() & set(getattr(item, "fixturenames", ())):
        HARDWARE[name]()
    if side.framework in bench.broken:
        raise _NotChecked(f"{bench.broken[side.framework]}.")
    for needed in _check(item).after:
        if entry := bench.entry(side.framework, needed):
            _depend_on(entry)


def _depend_on(entry: dict[str, Any]) -> None:
    """Raise what becomes of a check whose prerequisite has this entry: only a failure costs the dependant points."""
    claim = entry["claim"]
    match entry["verdict"]:
        case "failed" | "not checked":
            raise _NotChecked(f"First: {claim}.")
        case "not measured" | "held":
            raise NotMeasured(f"This needs '{claim}', which could not be judged here.", next=entry.get("next", ""))
        case "grader fault":
            raise GraderFault(f"this waits for '{claim}'")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a check and keep what it returns: its evidence."""
    if BENCH not in pyfuncitem.stash:
        return None
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own caller does
    pyfuncitem.stash[_RETURNED] = pyfuncitem.obj(**{n: pyfuncitem.funcargs[n] for n in names})
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn how a check ended into a verdict, and write it down."""
    report = yield
    if BENCH not in item.stash or call.when == "teardown":
        return report
    if call.when == "setup":
        item.stash[_SETUP_S] = call.duration
        if not call.excinfo:
            return report
    outcome = _outcome(item, call.excinfo)
    entry = _entry(item)
    spent = item.stash[_SETUP_S] + (call.duration if call.when == "call" else 0)
    results.record(entry, outcome, spent)
    try:
        item.stash[BENCH].save()
    except UsageError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    report.outcome = _PYTEST_WORD.get(outcome.verdict, "skipped")  # type: ignore[assignment]
    text = f"{outcome.verdict.value}: {outcome.evidence}"
    report.longrepr = text if report.failed else (str(item.path), 0, text) if report.skipped else None
    report.user_properties.append(("entry", dict(entry)))
    return report


def _outcome(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException] | None) -> Outcome:
    if excinfo is None:
        returned = item.stash.get(_RETURNED, None)
        if isinstance(returned, Outcome):
            return returned
        return Outcome(Verdict.PASSED, returned or "")
    error = excinfo.value
    if isinstance(error, _NotChecked):
        return Outcome(Verdict.NOT_CHECKED, str(error))
    if isinstance(error, Stop):
        return _with_next(item, error.outcome) if isinstance(error, Failed) else error.outcome
    if isinstance(error, GraderFault):
        return Outcome(Verdict.GRADER_FAULT, f"The grader failed, not your code: {error}")
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    text = f"The grader failed, not your code: {type(error).__name__} at {where}: {error}"
    return Outcome(Verdict.GRADER_FAULT, text, next="report it with this line; check again meanwhile")


def _with_next(item: pytest.Item, outcome: Outcome) -> Outcome:
    """A failure always ends with what to do: by default the TODO that the check is about, and its hint."""
    bench, side, cause = item.stash[BENCH], item.stash[SIDE], outcome.cause
    file = bench.files[side.framework]
    # An error names a line: what to mend is there, whatever the check is about.
    place = todo.region_at(file.text, outcome.line) if outcome.line else None
    if outcome.line and not place and side.framework in bench.broken:
        outside = f"it is outside of every TODO; grader diff {bench.assignment.number} shows what you changed"
        return replace(outcome, next=outcome.next or outside)
    number = place or _check(item).todo
    name = bench.assignment.file_of(side, number)
    if not outcome.line and number in file.untouched and name not in file.lacking:
        cause = f"TODO({number}) in {name} is still as shipped."
    return replace(outcome, cause=cause, next=outcome.next or hints.place(bench.assignment, side, number))


class _NotChecked(Exception):
    """What this check depends on failed."""


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No letters for checks: they have their blocks."""
    if any(name == "entry" for name, _ in getattr(report, "user_properties", ())):
        return report.outcome, "", ""
    return None


def pytest_sessionstart(session: pytest.Session) -> None:
    """The terminal exists now."""
    session.config.pluginmanager.register(Printer(session.config), "grader-printer")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End every process of every bench, however the run ended."""
    for bench in config.stash.get(BENCHES, {}).values():
        bench.close()
