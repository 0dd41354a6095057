"""The channel between the grader and a worker: framed JSON, and raw array bytes in shared memory.

Nothing that comes from a worker is unpickled or evaluated. A message is a 4-byte length and that many bytes of
JSON; an array travels as raw bytes of a dtype and shape that the grader already knows, in memory that the
grader made, so there is no array format to parse.
"""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import socket
import struct
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_MESSAGE = 256 * 1024
"""Bytes of JSON in one message, either way."""

_HEADER = struct.Struct(">I")
_F_ADD_SEALS = 1033  # linux/fcntl.h; the fcntl module does not name it everywhere
_SEAL_OUTPUT = 0x1 | 0x2 | 0x4  # F_SEAL_SEAL | SHRINK | GROW: a truncated mapping would kill the reader
_SEAL_INPUT = _SEAL_OUTPUT | 0x10  # F_SEAL_FUTURE_WRITE; F_SEAL_WRITE fails while the kernel happens to move a page
_SEAL_INPUT_OLD = _SEAL_OUTPUT | 0x8  # F_SEAL_WRITE, for Linux before 5.1


class ProtocolViolation(Exception):
    """The other side sent something that is not a message of this channel."""


@dataclass(frozen=True)
class Array:
    """What the grader expects an answer to be: `shape[0]` may be None, then at most `rows` rows come back."""

    dtype: str
    shape: tuple[int | None, ...]
    rows: int = 0

    @property
    def capacity(self) -> int:
        """Bytes of the largest answer that is accepted."""
        dims = [self.rows if n is None else n for n in self.shape]
        return int(np.dtype(self.dtype).itemsize * math.prod(dims))

    def mismatch(self, dtype: object, shape: object) -> str:
        """One line that says how an answer differs from this, or an empty string."""
        wanted = f"{self.dtype} of shape {self.shape_text}"
        found = f"{dtype} of shape {shape}"
        if dtype != self.dtype or not isinstance(shape, list) or len(shape) != len(self.shape):
            return f"expected {wanted}, found {found}"
        for have, want in zip(shape, self.shape, strict=True):
            limit = self.rows if want is None else want
            if type(have) is not int or have < 0 or have > limit or (want is not None and have != want):
                return f"expected {wanted}, found {found}"
        return ""

    @property
    def shape_text(self) -> str:
        """The shape as a person writes it; a free first dimension shows its limit."""
        return "(" + ", ".join(f"up to {self.rows}" if n is None else str(n) for n in self.shape) + ")"


def send(sock: socket.socket, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one message; raises ValueError when it is larger than MAX_MESSAGE."""
    body = json.dumps(message).encode()
    if len(body) > MAX_MESSAGE:
        raise ValueError(f"a message of {len(body)} bytes is over the limit of {MAX_MESSAGE}")
    if fds:
        socket.send_fds(sock, [_HEADER.pack(len(body))], list(fds))
        sock.sendall(body)
    else:
        sock.sendall(_HEADER.pack(len(body)) + body)


def receive(sock: socket.socket, max_fds: int = 0, within: float | None = None) -> tuple[dict[str, Any], list[int]]:
    """Receive one message and at most `max_fds` descriptors, `within` seconds for the whole of it.

    Raises EOFError when the other side is gone, TimeoutError, and ProtocolViolation for anything that is not a JSON
    object within the limit.
    """
    fds: list[int] = []
    end = None if within is None else time.monotonic() + within
    if max_fds:
        head, fds, _, _ = socket.recv_fds(sock, _HEADER.size, max_fds)
        if not head:
            raise EOFError
        head += _exactly(sock, _HEADER.size - len(head), end)
    else:
        head = _exactly(sock, _HEADER.size, end)
    (length,) = _HEADER.unpack(head)
    if length > MAX_MESSAGE:
        raise ProtocolViolation(f"announced a message of {length} bytes")
    try:
        message = json.loads(_exactly(sock, length, end))
    except (ValueError, RecursionError):
        raise ProtocolViolation("sent a message that is not JSON") from None
    if not isinstance(message, dict):
        raise ProtocolViolation("sent JSON that is not an object")
    return message, fds


def _exactly(sock: socket.socket, count: int, end: float | None) -> bytes:
    """`count` bytes by the time `end`: a deadline for all of them, or a byte a second could go on for ever."""
    parts = []
    while count:
        if end is not None:
            if (left := end - time.monotonic()) <= 0:
                raise TimeoutError
            sock.settimeout(left)
        part = sock.recv(min(count, 1 << 16))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def has_nan(answer: Any) -> bool:
    """Whether nan is anywhere in a JSON value, however deep: no comparison would find it wrong."""
    left = [answer]
    for value in left:
        if isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value
        elif value != value:  # noqa: PLR0124 - only nan is
            return True
    return False


def shared_memory(size: int) -> int:
    """A descriptor of `size` bytes of fresh memory that two processes can map (a memfd, elsewhere a file)."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("array", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd


def input_memory(array: npt.NDArray[Any]) -> int:
    """A sealed descriptor with the bytes of `array`: the worker can read it, nobody can change it."""
    fd = shared_memory(array.nbytes)
    write_array(fd, array)
    try:
        _seal(fd, _SEAL_INPUT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        _seal(fd, _SEAL_INPUT_OLD)
    return fd


def output_memory(spec: Array) -> int:
    """A descriptor that the worker writes its answer into; its size is fixed."""
    fd = shared_memory(spec.capacity)
    _seal(fd, _SEAL_OUTPUT)
    return fd


def _seal(fd: int, seals: int) -> None:
    if hasattr(os, "memfd_create"):
        fcntl.fcntl(fd, _F_ADD_SEALS, seals)


def read_array(fd: int, dtype: str, shape: Sequence[int]) -> npt.NDArray[Any]:
    """A private copy of the first bytes of `fd`, as an array. Read, not mapped: no SIGBUS, whatever the other does."""
    array = np.empty(tuple(shape), dtype)
    view = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        count = os.preadv(fd, [view[done:]], done)
        if not count:
            raise ProtocolViolation("sent fewer bytes than its answer says")
        done += count
    return array


def write_array(fd: int, array: npt.NDArray[Any]) -> None:
    """Copy `array` to the start of `fd`."""
    view = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        done += os.pwrite(fd, view[done:], done)
