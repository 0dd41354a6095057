"""Count and hold, from outside, every open that a filtered process tree makes below one folder.

One thread takes each stopped call, finds out what it would open, and lets it go: at once, or when its deadline comes.
Deadlines run side by side, as requests do in a parallel filesystem's metadata server.
"""

from __future__ import annotations

import contextlib
import heapq
import math
import os
import select
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

from grader.iowatch import paths, wire
from grader.iowatch.counts import Counts, Tally, WatchFault
from grader.iowatch.filter import machine

CLOSE_TIMEOUT_S = 10.0


class _Held(NamedTuple):
    """An open that was counted and has not been let go yet."""

    deadline: float
    call: wire.Call


class SeccompWatch:
    """Serves a listener that `filter.install()` made, until the last process under it has ended.

    Takes over `listener`, even after `close()`: a call that nobody answers, or that finds its listener closed, would
    break a process that is still running. Raises OSError when `root` does not exist.
    """

    mechanism: str = "seccomp"
    can_hold: bool = True

    def __init__(self, listener: int, root: Path, hold_s: float = 0.0) -> None:
        info = os.stat(root)
        self._root = info.st_dev, info.st_ino
        self._names = machine().opens
        self._listener = listener
        self.hold_s = hold_s
        self._tally = Tally()
        self._queue: list[_Held] = []  # a heap
        self._unanswered: dict[int, _Held] = {}  # by thread id
        self._fault: Exception | None = None
        self._closed = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._let_all_go = threading.Event()
        threading.Thread(target=self._run, name="iowatch", daemon=True).start()

    @property
    def hold_s(self) -> float:
        """Seconds that an open below the folder waits, at least. A change applies to the calls that come after it."""
        return self._hold_s

    @hold_s.setter
    def hold_s(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"hold_s is a number of seconds >= 0, not {seconds}")
        self._hold_s = seconds

    def counts(self) -> Counts:
        """Opens since the last reset; a call is counted before it is let go. Raises WatchFault if the watch broke."""
        if self._fault is not None:
            raise WatchFault(f"the thread that watches opens failed: {self._fault!r}") from self._fault
        return self._tally.snapshot(knows_processes=True)

    def reset(self) -> None:
        """Start again from zero; calls that are being held stay held and are not counted again."""
        self._tally.clear()

    def close(self) -> None:
        """Let every held call go; later ones pass uncounted. The listener closes when the last process has ended.

        Raises WatchFault when the thread does not answer, as when a path led it into a filesystem that hangs.
        """
        if not self._closed:
            self._closed = True
            os.eventfd_write(self._wake, 1)
            if not self._let_all_go.wait(CLOSE_TIMEOUT_S):
                raise WatchFault(f"the thread that watches opens has been stuck for {CLOSE_TIMEOUT_S:g} s")
            os.close(self._wake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            wire.sharpen_timers()
            self._serve()
        except Exception as broken:
            self._fault = broken
        # Whatever went wrong above, the worker must not hang; and if even this fails, a closed listener frees it.
        try:
            with contextlib.suppress(OSError):
                self._let_go_until(math.inf)
            self._let_all_go.set()
            with contextlib.suppress(OSError):
                self._pass_everything()
        finally:
            os.close(self._listener)

    def _serve(self) -> None:
        while True:
            self._let_go_until(time.monotonic())
            pause = self._queue[0].deadline - time.monotonic() if self._queue else None
            listener, wake = wire.wait([self._listener, self._wake], pause)
            if wake:
                return
            if listener & select.POLLIN:
                self._take()
            elif listener:  # hung up: no process is left under the filter
                return

    def _take(self) -> None:
        call = wire.receive(self._listener)
        if call is None:
            return
        try:
            self._judge(call)
        except Exception:
            with contextlib.suppress(OSError):  # it is in no queue yet, so nobody else would let it go
                wire.let_go(self._listener, call.id)
            raise

    def _judge(self, call: wire.Call) -> None:
        try:
            wanted = paths.request(call, self._names[call.number])
            place = paths.locate(call.tid, wanted, self._root)
            process = paths.process_of(call.tid) if place.inside else 0
        except OSError:
            if wire.is_waiting(self._listener, call.id):
                self._tally.add_unknown()
                wire.let_go(self._listener, call.id)
            return
        if not place.inside or wanted.handle_only:
            wire.let_go(self._listener, call.id)
        # Had the thread died, its number, and so all that was read, might belong to somebody else by now.
        elif wire.is_waiting(self._listener, call.id):
            self._count_and_hold(call, place, wanted, process)

    def _count_and_hold(self, call: wire.Call, place: paths.Place, wanted: paths.Request, process: int) -> None:
        before = self._unanswered.get(call.tid)
        if before and before.call[1:] == call[1:]:  # the same call again, after a signal handler
            held = _Held(before.deadline, call)
        else:
            held = _Held(time.monotonic() + self._hold_s, call)
            self._tally.add(place.path, folder=place.is_folder or wanted.lists, process=process)
        self._unanswered[call.tid] = held
        heapq.heappush(self._queue, held)

    def _let_go_until(self, now: float) -> None:
        while self._queue and self._queue[0].deadline <= now:
            call = heapq.heappop(self._queue).call
            if wire.let_go(self._listener, call.id):
                self._unanswered.pop(call.tid, None)

    def _pass_everything(self) -> None:
        while True:
            (listener,) = wire.wait([self._listener], None)
            if listener & select.POLLIN:
                if call := wire.receive(self._listener):
                    wire.let_go(self._listener, call.id)
            elif listener:
                return
