"""Watches one worker from outside: its output and its memory. Ends it when it breaks a limit."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

from grader.worker import procs

PERIOD_S = 0.05
FINE_S = 0.005
"""Between two looks once somebody asks for the peak: a whole model on its way to its shards exists for a moment."""
EXACT_S = 0.5
"""Between two exact counts of memory, which take milliseconds for each process."""
KEPT_BYTES = 32 * 1024
MAX_OUTPUT = 16 << 20


class Guard:
    """A thread per worker. `broken` is set, before the kill, to a line that says which limit was broken."""

    def __init__(self, pid: int, output: int, memory: int, kill: Callable[[], None]) -> None:
        self.broken = ""
        self.advice = ""
        self.fault = ""
        self.peak_one = 0
        self._pid, self._output, self._memory, self._kill = pid, output, memory, kill
        self._kept = bytearray()
        self._written = 0
        self._exact_at = 0.0
        self._period, self._peak_lock = PERIOD_S, threading.Lock()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what it collected stays readable."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def reset_peak(self) -> None:
        """Let `peak_one` begin afresh, and look more often from here on."""
        with self._peak_lock:
            self.peak_one, self._period = 0, FINE_S
        self._wake.set()

    def output(self) -> str:
        """The end of what the worker printed."""
        return self._kept.decode(errors="replace")

    def tail(self, lines: int = 3) -> str:
        """The last lines that the worker printed."""
        return " | ".join(self.output().strip().splitlines()[-lines:])

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as error:  # unwatched means unlimited
            self.fault = repr(error)
            self._kill()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        open_ = True
        while not self._stop.is_set() and not self.broken:
            if open_ and poll.poll(0):
                open_ = self._read()
            else:
                self._wake.wait(self._period)
                self._wake.clear()
            self._look()

    def _read(self) -> bool:
        data = os.read(self._output, 1 << 16)
        self._written += len(data)
        self._kept = (self._kept + data)[-KEPT_BYTES:]
        if self._written > MAX_OUTPUT:
            self._end(f"Printed more than {MAX_OUTPUT >> 20} MiB and was stopped.", "a print in the inner loop")
        return bool(data)

    def _look(self) -> None:
        pids = procs.tree(self._pid)
        with self._peak_lock:  # what was seen before a reset must not come back after it
            owned = [procs.private_bytes(pid) for pid in pids]
            self.peak_one = max(self.peak_one, *owned)
        if sum(owned) <= self._memory or time.monotonic() < self._exact_at:
            return
        # Loader workers share what their parent has imported: counted for each, twelve of them would be too many.
        total = sum(map(procs.share_bytes, pids))
        self._exact_at = time.monotonic() + EXACT_S
        if total > self._memory:
            self._end(
                f"Used {total / 2**30:.1f} GiB of memory, {self._memory / 2**30:.1f} GiB are allowed; it was stopped.",
                "data that grows in memory although it could be read when it is needed",
            )

    def _end(self, evidence: str, cause: str) -> None:
        self.broken, self.advice = evidence, cause
        self._kill()
