"""Opens of data files, counted and slowed down from outside the process that makes them.

- mechanism(): what works on this machine, "seccomp", "inotify" or "none"
- filter.install(): in the worker, before untrusted code; its result goes to the parent
- SeccompWatch, InotifyWatch: in the parent; both are a Watch
"""

from grader.iowatch.counts import Counts, Watch, WatchFault
from grader.iowatch.inotify import InotifyWatch
from grader.iowatch.notify import SeccompWatch
from grader.iowatch.probe import mechanism, supported

__all__ = ["Counts", "InotifyWatch", "SeccompWatch", "Watch", "WatchFault", "mechanism", "supported"]
