"""Count opens below one folder where they cannot be held: every process's opens, the grader's own included.

The kernel merges an event into the one before it when both are the same: 5,000 reopens of one file are one OPEN. With
CLOSE watched as well, the two kinds alternate and nothing merges unless two processes open the same file at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import struct
import threading
from collections import Counter
from pathlib import Path
from typing import Self

from grader.iowatch.counts import Counts, Tally, WatchFault

OPEN, CLOSE, CREATED, MOVED_IN = 0x20, 0x18, 0x100, 0x80  # CLOSE: after writing, or after reading only
OVERFLOW, IS_FOLDER = 0x4000, 0x40000000
ONLY_FOLDERS, NO_LINKS = 0x01000000, 0x02000000
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
BUFFER = 1 << 16


class InotifyWatch:
    """Counts opens from now on. Failed opens and the opener's identity are invisible.

    Raises OSError when the platform has no inotify, `root` is no folder, or the user's limit of watches is reached.
    """

    mechanism: str = "inotify"
    can_hold: bool = False
    hold_s: float = 0.0

    def __init__(self, root: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(self._libc, "inotify_init1"):
            raise OSError("opens can be counted on Linux only: this platform has no inotify")
        self._fd = self._check(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")
        self._tally = Tally()
        self._fault: Exception | None = None
        self._closed = False
        self._lock = threading.Lock()  # one reader of the event queue at a time
        self._folders: dict[int, str] = {}  # by watch number
        self._own_listings: Counter[int] = Counter()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        try:
            self._add(os.fspath(root))
        except OSError:
            os.close(self._fd)
            os.close(self._wake)
            raise
        self._thread = threading.Thread(target=self._run, name="iowatch", daemon=True)
        self._thread.start()

    def counts(self) -> Counts:
        """Opens up to this moment. Raises WatchFault after an overflow of the kernel's queue or a failed thread."""
        with self._lock:
            self._drain()
            if self._fault is not None:
                raise WatchFault(f"counting opens failed: {self._fault}") from self._fault
            return self._tally.snapshot(knows_processes=False)

    def reset(self) -> None:
        """Start again from zero; what happened before is forgotten even if it was not read yet."""
        with self._lock:
            self._drain()
            self._tally.clear()

    def close(self) -> None:
        """Stop counting; the last counts stay readable."""
        if not self._closed:
            os.eventfd_write(self._wake, 1)
            self._thread.join()
            with self._lock:
                self._drain()
                self._closed = True
                os.close(self._fd)
                os.close(self._wake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        ready = select.poll()
        ready.register(self._fd, select.POLLIN)
        ready.register(self._wake, select.POLLIN)
        while self._fault is None:
            if self._wake in dict(ready.poll()):
                return
            with self._lock:
                self._drain()

    def _drain(self) -> None:
        """Read the queue until it is empty. Never raises: a failure is kept for counts()."""
        try:
            while not self._closed and self._fault is None:
                self._read(os.read(self._fd, BUFFER))
        except BlockingIOError:
            pass
        except Exception as broken:
            self._fault = broken

    def _read(self, events: bytes) -> None:
        at = 0
        while at < len(events):
            watch, mask, _, length = EVENT.unpack_from(events, at)
            at += EVENT.size + length
            name = os.fsdecode(events[at - length : at].rstrip(b"\0"))
            if mask & OVERFLOW:
                raise OverflowError("the kernel's queue of events overflowed (fs.inotify.max_queued_events)")
            self._note(watch, mask, name)

    def _note(self, watch: int, mask: int, name: str) -> None:
        folder = self._folders.get(watch, "")
        path = f"{folder}/{name}"
        if not mask & IS_FOLDER:
            if mask & OPEN:
                self._tally.add(path, folder=False)
        elif mask & (CREATED | MOVED_IN):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # gone again already
                self._add(path)
        elif mask & OPEN and not name:  # with a name it is the parent's copy of the same event
            if self._own_listings[watch]:
                self._own_listings[watch] -= 1
            else:
                self._tally.add(folder, folder=True)

    def _add(self, folder: str) -> None:
        """Watch `folder` and all below. Watch, then list: a subfolder made in between is seen twice, not never."""
        mask = OPEN | CLOSE | CREATED | MOVED_IN | ONLY_FOLDERS | NO_LINKS
        watch = self._check(self._libc.inotify_add_watch(self._fd, os.fsencode(folder), mask), f"watching {folder}")
        if self._folders.get(watch) == folder:
            return
        self._folders[watch] = folder
        with os.scandir(folder) as entries:
            self._own_listings[watch] += 1
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for subfolder in below:
            self._add(subfolder)

    def _check(self, result: int, doing: str) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{doing}: {os.strerror(number)}")
        return result
