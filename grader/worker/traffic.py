"""Bytes that a process has sent over TCP, read from its sockets from outside: what a group of ranks really exchanges.

Linux only: a copy of each socket is taken with pidfd_getfd(2) (kernel 5.6), and the kernel's own count is read from it
(tcp(7), TCP_INFO). Nothing that the process says about itself takes part.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_PIDFD_GETFD = 438
"""The same number on all architectures."""
_TCP_INFO = 11
_BYTES_ACKED = 120
"""Offset of tcpi_bytes_acked in struct tcp_info (linux/tcp.h)."""


class _Closed(Exception):
    """The socket is no longer open."""


def sent_bytes(pid: int) -> int:
    """Bytes that other ends have confirmed on the open TCP connections of a process, all its life.

    Raises OSError where the system does not let us look.
    """
    return sum(_acknowledged(end) for end in _connections(pid))


def _connections(pid: int) -> Iterator[socket.socket]:
    pidfd = os.pidfd_open(pid)
    try:
        for place in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError, _Closed):
                if not str(place.readlink()).startswith("socket:"):
                    continue
                with socket.socket(fileno=_taken(pidfd, int(place.name))) as end:
                    if end.family in (socket.AF_INET, socket.AF_INET6) and end.type == socket.SOCK_STREAM:
                        yield end
    finally:
        os.close(pidfd)


def _taken(pidfd: int, number: int) -> int:
    copy = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, pidfd, number, 0)
    if copy < 0:
        error = ctypes.get_errno()
        if error == errno.EBADF:  # between the look and the copy
            raise _Closed
        raise OSError(error, f"pidfd_getfd: {os.strerror(error)}")
    return int(copy)


def _acknowledged(end: socket.socket) -> int:
    info = end.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 256)
    return int(struct.unpack_from("=Q", info, _BYTES_ACKED)[0]) if len(info) >= _BYTES_ACKED + 8 else 0
