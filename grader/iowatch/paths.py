"""Which file a stopped open names, as the caller sees it: its root, its working folder, its links.

The path is read from the caller's memory and followed one component at a time, because the usual `realpath` would
follow *our* /proc/self and, for a worker in a sandbox, our root. A component is inside the watched folder once one of
its ancestors *is* that folder (same device and inode), so that a bind mount under another name counts as well.

A hostile caller can still change the path in memory, or a link on the way, after it was read here. The counts hold
slow code to its word; they do not jail anybody.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import NamedTuple

from grader.iowatch.wire import Call

AT_FDCWD = -100
CREAT_FLAGS = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
IN_ROOT = 0x10  # openat2's RESOLVE_IN_ROOT: the folder descriptor acts as "/"
PATH_MAX, MAX_LINKS = 4096, 40
OPEN_HOW = struct.Struct("=QQQ")  # flags, mode, resolve
ADDRESSES = 1 << 63  # the upper half is the kernel's, and no file offset can express it


class Request(NamedTuple):
    """The arguments of an open, whichever call made it."""

    folder: int  # descriptor that a relative path starts from, or AT_FDCWD
    path: str
    flags: int
    confined: bool = False

    @property
    def handle_only(self) -> bool:
        """O_PATH: looks the name up, and opens nothing."""
        return bool(self.flags & os.O_PATH)

    @property
    def lists(self) -> bool:
        """O_DIRECTORY: meant for a folder, also where there is none."""
        return bool(self.flags & os.O_DIRECTORY)


class Place(NamedTuple):
    """One component on the way."""

    path: str  # from the caller's root
    reach: str  # from ours
    inside: bool  # the watched folder, or below it
    info: os.stat_result | None  # None: there is nothing of that name, or we may not look

    @property
    def is_folder(self) -> bool:
        """Whether it exists and is a folder."""
        return self.info is not None and stat.S_ISDIR(self.info.st_mode)


def request(call: Call, name: str) -> Request:
    """Decode a stopped call of that name. Raises OSError when its memory cannot be read."""
    first, second, third, *_ = call.args
    if name == "open":
        return Request(AT_FDCWD, _text(call.tid, first), second)
    if name == "creat":
        return Request(AT_FDCWD, _text(call.tid, first), CREAT_FLAGS)
    folder = (first & 0xFFFFFFFF ^ 0x80000000) - 0x80000000  # the register's low half is a signed int
    if name == "openat":
        return Request(folder, _text(call.tid, second), third)
    how = _memory(call.tid, third, OPEN_HOW.size)
    if len(how) < OPEN_HOW.size:
        raise OSError(errno.EFAULT, "struct open_how cannot be read")
    flags, _mode, resolve = OPEN_HOW.unpack(how)
    return Request(folder, _text(call.tid, second), flags, bool(resolve & IN_ROOT))


def locate(tid: int, wanted: Request, root: tuple[int, int]) -> Place:
    """Where `wanted` leads; `root` is the watched folder's (device, inode). Raises OSError when that cannot be told."""
    top = f"/proc/{tid}/root"
    info = os.stat(top)
    way = _Way(tid, root, [Place("", top, _identity(info) == root, info)])
    if wanted.confined or not wanted.path.startswith("/"):
        source = f"/proc/{tid}/cwd" if wanted.folder == AT_FDCWD else f"/proc/{tid}/fd/{wanted.folder}"
        way.follow(os.readlink(source))
        reached = way.places[-1].info
        if reached is None or _identity(os.stat(source)) != _identity(reached):
            raise OSError(errno.ESTALE, f"{source} is not where its name says: deleted, or from another namespace")
    if wanted.confined:
        way.floor = len(way.places)
    way.follow(wanted.path)
    return way.places[-1]


class _Way:
    """The places passed so far; ".." goes back, but never beyond `floor`."""

    def __init__(self, tid: int, root: tuple[int, int], places: list[Place]) -> None:
        self.tid, self.root, self.places, self.floor, self.links = tid, root, places, 1, 0

    def follow(self, path: str) -> None:
        todo = path.split("/")[::-1]
        if path.startswith("/"):
            del self.places[self.floor :]
        while todo:
            name = todo.pop()
            if name == "..":
                del self.places[max(self.floor, len(self.places) - 1) :]
            elif name not in ("", "."):
                target = self._enter(name)
                todo += target.split("/")[::-1]
                if target.startswith("/"):
                    del self.places[self.floor :]

    def _enter(self, name: str) -> str:
        """Step to `name` and return "", or stay and return what the link of that name says."""
        here = self.places[-1]
        path, reach = f"{here.path}/{name}", f"{here.reach}/{name}"
        if path in ("/proc/self", "/proc/thread-self"):
            reach = f"/proc/{self.tid}/."  # the caller's own; followed through the link it would be ours
        try:
            info = os.lstat(reach)
            if stat.S_ISLNK(info.st_mode) and self.links < MAX_LINKS:
                self.links += 1
                return os.readlink(reach)
            inside = here.inside or _identity(info) == self.root
        except OSError:
            info, inside = None, here.inside
        self.places.append(Place(path, reach, inside, info))
        return ""


def process_of(tid: int) -> int:
    """The process that a thread belongs to. Raises OSError when it has died."""
    with open(f"/proc/{tid}/status", "rb", buffering=0) as status:
        return int(status.read(PATH_MAX).partition(b"\nTgid:")[2].split(None, 1)[0])


def _identity(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def _text(tid: int, address: int) -> str:
    text, end, _ = _memory(tid, address, PATH_MAX).partition(b"\0")
    if not end:
        raise OSError(errno.EFAULT, "the path has no end")
    return os.fsdecode(text)


def _memory(tid: int, address: int, size: int) -> bytes:
    if address >= ADDRESSES:
        raise OSError(errno.EFAULT, "not an address of a program")
    memory = os.open(f"/proc/{tid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(memory, size, address)
    finally:
        os.close(memory)
