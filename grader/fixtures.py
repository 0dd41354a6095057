"""Fixtures that checks use. Each check gets fresh workers; they end with it."""

from __future__ import annotations

import contextlib
import secrets
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import bench as bench_module
from grader import checks, hints, machine, possible, runs
from grader.bench import BENCH, SIDE, Bench
from grader.catalog import Side
from grader.iowatch import mechanism
from grader.measure import Race
from grader.verdict import NotMeasured
from grader.worker.client import Settings, Worker
from grader.worker.ranks import Ranks

SOLUTIONS, SAME = "--solutions", "--same"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of races."""
    group = parser.getgroup("grader")
    group.addoption(SOLUTIONS, metavar="DIR", help="measure what is possible here, and keep it in DIR")
    group.addoption(SAME, metavar="TARGET", type=float, help="race the hand-in against itself: a trial of the race")


class Runner:
    """Starts workers that run one task file: the hand-in's, or (trusted) the start's as the baseline."""

    def __init__(self, bench: Bench, side: Side, *, trusted: bool) -> None:
        self._bench, self._side, self._trusted = bench, side, trusted
        self._started: list[Worker | Ranks] = []

    def worker(self, **settings: Any) -> Worker:
        """A fresh worker; see grader.worker.client.Settings."""
        worker = self._bench.worker(self._side, Settings(**settings), trusted=self._trusted)
        self._started.append(worker)
        return worker

    def ranks(self, count: int, **settings: Any) -> Ranks:
        """A fresh group of workers; see grader.worker.ranks."""
        group = self._bench.ranks(self._side, count, Settings(**settings), trusted=self._trusted)
        self._started.append(group)
        return group

    def close(self) -> None:
        """End every worker that this check started, also when the end of one raises."""
        with contextlib.ExitStack() as stack:
            for worker in self._started:
                stack.callback(worker.close)


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Workers that run the code that is judged."""
    yield from _runner(request, trusted=False)


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Workers that run the start: given, slow, right. Trusted: their failure is a grader fault."""
    yield from _runner(request, trusted=True)


def _runner(request: pytest.FixtureRequest, *, trusted: bool) -> Iterator[Runner]:
    runner = Runner(request.node.stash[BENCH], request.node.stash[SIDE], trusted=trusted)
    try:
        yield runner
    finally:
        runner.close()


@pytest.fixture
def race(request: pytest.FixtureRequest) -> Race:
    """A race of the submission against the baseline, with this check's target for this hardware."""
    bench, side = request.node.stash[BENCH], request.node.stash[SIDE]
    check, folder = checks.of(request.node.obj), request.config.getoption(SOLUTIONS)

    def solution() -> dict[str, Any] | None:
        lent = request.config.getoption(runs.OPTION)
        return possible.figures(Path(folder), bench.assignment, side, check.id, lent) if folder else None

    same = request.config.getoption(SAME)
    return Race.for_check(check, side, machine.gpus(), bench.assignment.name, possible=solution, same=same)


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Make a new folder that workers can read (`writable=True`: and write)."""
    bench: Bench = request.node.stash[BENCH]
    return bench.folder


@pytest.fixture
def handed_in(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Read a file that is handed in beside the task file: a job script, which nothing here runs."""
    bench: Bench = request.node.stash[BENCH]
    return lambda name: bench.text(request.node.stash[SIDE], name)


@pytest.fixture
def given(request: pytest.FixtureRequest) -> Callable[[str], types.ModuleType]:
    """Load a framework-free given module of this assignment into the grader."""
    bench: Bench = request.node.stash[BENCH]
    return lambda name: bench_module.given_module(bench.assignment, name)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Callable[[int], str]:
    """What to do next about a TODO, for a fault that stands in another one than its check is about."""
    assignment, side = request.node.stash[BENCH].assignment, request.node.stash[SIDE]
    return lambda todo: hints.place(assignment, side, todo)


@pytest.fixture
def seed() -> int:
    """A seed that no hand-in has seen."""
    return secrets.randbits(31)


def _two_cores() -> tuple[int, ...]:
    found = machine.cores()
    if len(found) < 2:
        raise NotMeasured("This needs two CPU cores; one is allowed here.", next="ask for -c 2 or more in the job")
    return tuple(found[:2])


def _gpu() -> str:
    if not machine.gpus():
        raise NotMeasured("This needs a GPU; none is visible here.", next="run the same command in a GPU job")
    return machine.gpus()[0]


def _held_opens() -> None:
    if mechanism() != "seccomp":
        raise NotMeasured("This needs Linux 5.5 with seccomp notifications.", next="run it on a cluster node")


def _sixteen_bits() -> None:
    if not machine.gpus() and not machine.fast_bfloat16():
        raise NotMeasured(
            "This needs a GPU, or a CPU with instructions for bfloat16; this one has none (AVX512-BF16, AMX).",
            next="run the same command in a GPU job",
        )


HARDWARE: dict[str, Callable[[], object]] = {
    "two_cores": _two_cores,
    "gpu": _gpu,
    "held_opens": _held_opens,
    "sixteen_bits": _sixteen_bits,
}
"""Fixtures that ask for something of the machine. The plugin asks before anything else: what cannot be judged here is
not measured, whatever else a hand-in lacks.
"""


@pytest.fixture
def two_cores() -> tuple[int, ...]:
    """Two CPU cores. Not measured where the grader may use only one."""
    return _two_cores()


@pytest.fixture
def gpu() -> str:
    """Name of the first GPU. Not measured without one."""
    return _gpu()


@pytest.fixture
def held_opens() -> None:
    """File opens can be held from outside here. Not measured elsewhere."""
    _held_opens()


@pytest.fixture
def sixteen_bits() -> None:
    """Something here multiplies 16-bit numbers faster than float32. Not measured elsewhere."""
    _sixteen_bits()
