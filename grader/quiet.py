"""Who else used our cores while something was timed? A pair that shared them with others is not counted."""

from __future__ import annotations

import os
import time
from pathlib import Path

from grader import machine
from grader.worker import procs

LIMIT = 0.1
"""Share of the allowed cores' time that others may use; more makes a timing unfair."""

SHORTEST_S = 0.1
"""Core seconds below which clock ticks of 10 ms cannot tell."""


OURS: set[int] = set()
"""Processes beside this one whose trees work for it: fork servers that it was lent."""


def ours() -> list[int]:
    """This process, the fork servers that it was lent, and all below them."""
    return [pid for root in (os.getpid(), *OURS) for pid in procs.tree(root)]


class Neighbours:
    """CPU time of everything but this process's tree and OURS, on the cores that it may use, since `begin`."""

    def __init__(self) -> None:
        self._cores = {f"cpu{n}" for n in machine.cores()}
        self.begin()

    def begin(self) -> None:
        """Start to look."""
        self._wall, self._busy, self._own = time.monotonic(), self._busy_s(), self._own_s()

    def wall_s(self) -> float:
        """Seconds since `begin`."""
        return time.monotonic() - self._wall

    def share(self) -> float:
        """Share of the cores' time since `begin` that others used, 0 to 1; 0 where that cannot be told."""
        wall = self.wall_s() * len(self._cores)
        others = (self._busy_s() - self._busy) - (self._own_s() - self._own)
        return max(others / wall, 0.0) if wall > SHORTEST_S else 0.0

    def _own_s(self) -> float:
        return procs.cpu_seconds(ours())

    def _busy_s(self) -> float:
        """Seconds that our cores were busy or taken away (steal): fields of proc_stat(5), in clock ticks."""
        ticks = 0
        try:
            for line in Path("/proc/stat").read_text().splitlines():
                name, *fields = line.split()
                if name in self._cores:
                    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
                    ticks += user + nice + system + irq + softirq + steal
        except (OSError, ValueError):
            return 0.0
        return ticks / os.sysconf("SC_CLK_TCK")
