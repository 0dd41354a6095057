"""Inside the worker, before any untrusted code: make every open of this process and its children wait for the grader.

Nothing here imports the rest of the grader, so the file also runs alone (`runpy.run_path`). Between `install()` and the
moment the parent serves the listener, any open in this process blocks: send the descriptor at once, then close it. A
worker that keeps it could answer its own calls.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import NamedTuple

NO_NEW_PRIVS = 38  # prctl option: an unprivileged process may filter itself once it can gain nothing by exec
SET_MODE_FILTER = 1
NEW_LISTENER, WAIT_KILLABLE = 1 << 3, 1 << 5

# Without WAIT_KILLABLE (Linux >= 5.19) any signal handler restarts a held call, which is then notified a second time.
FLAG_SETS = (NEW_LISTENER | WAIT_KILLABLE, NEW_LISTENER)

NOTIFY, ALLOW, ERRNO = 0x7FC00000, 0x7FFF0000, 0x00050000
LOAD, JUMP_EQ, JUMP_GE, RETURN = 0x20, 0x15, 0x35, 0x06  # classic BPF: load word, two jumps, return
NR_AT, ARCH_AT = 0, 4  # byte offsets in struct seccomp_data
X32_BIT = 0x40000000


class Machine(NamedTuple):
    """System call numbers of one architecture."""

    audit_arch: int
    seccomp: int
    opens: dict[int, str]  # number -> name of every call that opens a file by name
    open_by_handle_at: int
    has_x32: bool


IO_URING_SETUP = 425  # the same everywhere
MACHINES = {
    "x86_64": Machine(0xC000003E, 317, {2: "open", 85: "creat", 257: "openat", 437: "openat2"}, 304, True),
    "aarch64": Machine(0xC00000B7, 277, {56: "openat", 437: "openat2"}, 265, False),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def machine() -> Machine:
    """This machine's table. Raises OSError where there is none (not Linux, another architecture, 32-bit Python)."""
    name = platform.machine()
    if not sys.platform.startswith("linux") or name not in MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        known = ", ".join(MACHINES)
        raise OSError(errno.ENOSYS, f"opens can be held on 64-bit Linux ({known}); this is {sys.platform} {name}")
    return MACHINES[name]


def install() -> int:
    """Filter this process for good and return the listener's descriptor (close-on-exec).

    Raises OSError when threads already run (they would stay unfiltered), when the kernel is too old or forbids it, or
    when an outer container has put a listener on this process already.
    """
    here = machine()
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise OSError(errno.EBUSY, f"install() must come before any thread is started; {threads} are running")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS) was refused")
    code = _program(here)
    text = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(text))
    libc.syscall.restype = ctypes.c_long
    for flags in FLAG_SETS:
        fd = int(libc.syscall(ctypes.c_long(here.seccomp), SET_MODE_FILTER, flags, ctypes.byref(program)))
        if fd >= 0:
            return fd
        if ctypes.get_errno() != errno.EINVAL:
            break
    raise _refused(ctypes.get_errno())


def _program(here: Machine) -> bytes:
    """Instructions for: another ABI -> EPERM, unseen ways to open -> refused, opens -> notify, the rest -> allow."""
    code = [_step(LOAD, ARCH_AT), _step(JUMP_EQ, here.audit_arch, then=1), _give(ERRNO | errno.EPERM)]
    code += [_step(LOAD, NR_AT)]
    if here.has_x32:
        code += [_step(JUMP_GE, X32_BIT, otherwise=1), _give(ERRNO | errno.EPERM)]
    actions = dict.fromkeys(here.opens, NOTIFY)
    actions[IO_URING_SETUP] = ERRNO | errno.ENOSYS  # its opens are no system calls; libraries fall back to read()
    actions[here.open_by_handle_at] = ERRNO | errno.EPERM  # names no path; what an ordinary user is told anyway
    for number, action in actions.items():
        code += [_step(JUMP_EQ, number, otherwise=1), _give(action)]
    return b"".join([*code, _give(ALLOW)])


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction; `then` and `otherwise` are how many instructions to skip when a jump's test is true or false."""
    return struct.pack("HBBI", code, then, otherwise, value)


def _give(action: int) -> bytes:
    return _step(RETURN, action)


def _refused(number: int) -> OSError:
    why = {
        errno.EINVAL: "this kernel has no seccomp listeners (Linux >= 5.5 is needed)",
        errno.EBUSY: "this process already has a listener, probably its container's",
    }.get(number, "the kernel or the container forbids it")
    return OSError(number, f"no seccomp listener: {os.strerror(number)}; {why}")
