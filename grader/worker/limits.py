"""What a worker gives up before it runs anybody's code: root, new privileges, core dumps, endless files."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

WORKER_UID = 64999
"""The fixed ordinary user of hand-ins' workers when the grader itself runs as root."""

TRUSTED_UID = 64997
"""The same for workers that run the course's own code: a hand-in's processes cannot touch them."""

MAX_FILE = 4 << 30
"""Bytes of the largest file that a worker may write."""

MAX_PROCESSES = 2048 + 64 * (os.cpu_count() or 1)
"""Processes and threads of the worker's user, who is ours alone; all graders of a machine share it (a rank of a group
has some thirty threads, a TensorFlow worker a hundred).
"""

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38


def drop(uid: int) -> None:
    """Become an ordinary process, as root one of the user `uid`, for good: after the fork and before any import."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    if os.geteuid() == 0:
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        _prctl(_PR_SET_DUMPABLE, 1)  # cleared by the change of user; without it /proc/self belongs to root
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    die_with_parent()


def die_with_parent() -> None:
    """Be killed when the parent thread ends. The change of user clears this, so it comes after."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def become_subreaper() -> None:
    """Adopt orphans: a daemon that a worker leaves behind becomes a child of the caller, which can end it."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
