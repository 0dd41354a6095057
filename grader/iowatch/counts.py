"""What a watch reports, and what every watch can do, whichever kernel facility it stands on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol


class WatchFault(RuntimeError):
    """The watch itself broke, so its numbers mean nothing: a grader fault, never the student's."""


@dataclass(frozen=True)
class Counts:
    """Opens below the watched folder since the last reset. All fields are numbers of calls, except where said."""

    opens: int  # of files; a call that then fails counts with seccomp, and does not with inotify
    listings: int  # of folders, the watched one included
    files: int  # distinct paths among `opens`
    processes: int | None  # distinct processes (not threads) that opened either; None: the watch cannot tell
    unknown: int  # open calls, anywhere, whose path could not be read: above 0, the rest is a lower bound


class Watch(Protocol):
    """A running count of opens. Whoever made it calls close()."""

    mechanism: str  # "seccomp" or "inotify"
    can_hold: bool  # whether hold_s has any effect

    def counts(self) -> Counts:
        """Opens since the last reset. Raises WatchFault when they cannot be trusted."""

    def reset(self) -> None:
        """Start again from zero. A fault stays a fault."""

    def close(self) -> None:
        """Stop counting and holding. Safe to call twice."""


@dataclass
class Tally:
    """The numbers behind Counts. One thread adds, others take snapshots."""

    opens: int = 0
    listings: int = 0
    unknown: int = 0
    files: set[str] = field(default_factory=set)
    processes: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, path: str, *, folder: bool, process: int | None = None) -> None:
        """Count one open of `path`; `process` is the opener's process id where that is known."""
        with self._lock:
            if folder:
                self.listings += 1
            else:
                self.opens += 1
                self.files.add(path)
            if process is not None:
                self.processes.add(process)

    def add_unknown(self) -> None:
        """Count one open whose path could not be read."""
        with self._lock:
            self.unknown += 1

    def clear(self) -> None:
        """Back to zero."""
        with self._lock:
            self.opens = self.listings = self.unknown = 0
            self.files.clear()
            self.processes.clear()

    def snapshot(self, *, knows_processes: bool) -> Counts:
        """The numbers of this moment, all from the same moment."""
        with self._lock:
            processes = len(self.processes) if knows_processes else None
            return Counts(self.opens, self.listings, len(self.files), processes, self.unknown)
