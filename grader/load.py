"""Background load for trials of the race: bursty processes of somebody else, as a shared node has them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

_BURSTS = """
import os, random, select, sys, time
if os.fork():
    os._exit(0)  # an orphan: nobody's child, as another user's processes are
while not select.select([sys.stdin], [], [], random.uniform(0.05, 0.5))[0]:
    end = time.monotonic() + random.uniform(0.05, 0.5)
    while time.monotonic() < end:
        pass
"""
"""Busy and idle for 50 to 500 ms in turn, until standard input is closed."""


@contextlib.contextmanager
def bursts(count: int) -> Iterator[None]:
    """Keep `count` processes busy about half of the time, each on its own; they end with this context or process."""
    started = [subprocess.Popen([sys.executable, "-c", _BURSTS], stdin=subprocess.PIPE) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.communicate()
