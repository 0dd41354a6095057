"""The kernel's side of a seccomp listener: three ioctls, and a wait that is exact to microseconds."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import math
import select
import struct
from collections.abc import Sequence
from typing import NamedTuple

NOTIFICATION, ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
CONTINUE = 1  # the kernel carries on with the call as if there had been no filter
NONE_WAITING = (errno.ENOENT, errno.EINTR)  # the caller was killed before we came, or a signal hit this thread
TIMER_SLACK = 29  # prctl option
LIBC = ctypes.CDLL(None, use_errno=True)


def _ioctl(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("!") << 8 | number


RECEIVE, SEND = _ioctl(3, 0, NOTIFICATION.size), _ioctl(3, 1, ANSWER.size)
ID_VALID = _ioctl(2, 2, 8)  # Linux < 5.9 knows this direction bit only, later kernels take it as well


class _PollFd(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class Call(NamedTuple):
    """A stopped system call."""

    id: int
    tid: int  # thread id, seen from here
    number: int
    args: tuple[int, ...]  # six raw registers


def receive(listener: int) -> Call | None:
    """The next stopped call; None when it has gone meanwhile. Raises OSError when the listener is unusable."""
    buffer = bytearray(NOTIFICATION.size)  # the kernel insists on zeros
    try:
        fcntl.ioctl(listener, RECEIVE, buffer)
    except OSError as error:
        if error.errno in NONE_WAITING:
            return None
        raise
    call_id, tid, _flags, number, _arch, _ip, *args = NOTIFICATION.unpack(buffer)
    return Call(call_id, tid, number, tuple(args))


def is_waiting(listener: int, call_id: int) -> bool:
    """Whether the call still stands, hence whether its thread id still means the thread that made it."""
    try:
        fcntl.ioctl(listener, ID_VALID, struct.pack("=Q", call_id))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def let_go(listener: int, call_id: int) -> bool:
    """Let the kernel carry out the call. False when it was interrupted or its thread has died."""
    try:
        fcntl.ioctl(listener, SEND, ANSWER.pack(call_id, 0, 0, CONTINUE))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def wait(fds: Sequence[int], timeout_s: float | None) -> list[int]:
    """poll() event bits of each descriptor, after at most `timeout_s` seconds (None: for ever).

    Python's poll and epoll round up to milliseconds and its select stops at descriptor 1023, hence ppoll.
    """
    table = (_PollFd * len(fds))(*(_PollFd(fd, select.POLLIN, 0) for fd in fds))
    limit = None
    if timeout_s is not None:
        fraction, whole = math.modf(max(0.0, timeout_s))
        limit = ctypes.byref(_Timespec(int(whole), int(fraction * 1e9)))
    if LIBC.ppoll(table, ctypes.c_ulong(len(fds)), limit, None) < 0 and ctypes.get_errno() != errno.EINTR:
        raise OSError(ctypes.get_errno(), "ppoll failed")
    return [entry.revents for entry in table]


def sharpen_timers() -> None:
    """Let this thread's waits end within a microsecond or so instead of the usual 50."""
    LIBC.prctl(TIMER_SLACK, *map(ctypes.c_ulong, (1, 0, 0, 0)))
