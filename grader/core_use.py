"""CPU time of timed calls, seen from outside: cores that a side was not given would be measured as its speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.verdict import Failed
from grader.worker.client import Worker
from grader.worker.ranks import Ranks

MOST_BUSY = 1.25
"""CPU time over wall time, for each core that a call is given; more takes cores that it was not given."""
ENOUGH_CALLS = 10
"""So many calls take CPU time that clock ticks can tell; every race has more."""


class CoreUse:
    """Adds up the CPU time of calls that are given `cores` cores, over all processes of a side."""

    def __init__(self, cores: int) -> None:
        self._cores, self._calls, self._cpu_s, self._wall_s = cores, 0, 0.0, 0.0

    def timed(self, process: Worker | Ranks, call: Callable[[], tuple[Any, float]]) -> tuple[Any, float]:
        """Make a timed call of `process`; its answer and seconds."""
        before = process.cpu_seconds()
        answer, seconds = call()
        self._cpu_s += process.cpu_seconds() - before
        self._wall_s += seconds
        self._calls += 1
        return answer, seconds

    def judge(self) -> None:
        """Raise Failed when the calls so far kept more cores busy."""
        if self._calls >= ENOUGH_CALLS and self._cpu_s > MOST_BUSY * self._cores * self._wall_s:
            busy = self._cpu_s / self._wall_s
            raise Failed(f"The timed calls kept {busy:.1f} cores busy; both sides are given {self._cores}.")
