"""Processes as /proc shows them: the tree below a worker, its memory, its CPU time. Linux; empty elsewhere."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Direct children of every thread of `pid`."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_bytes().split())
    return found


def tree(pid: int) -> list[int]:
    """`pid` and all its descendants."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def thread_count(pid: int) -> int:
    """Threads of `pid`; 1 where /proc does not say."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 1


def private_bytes(pid: int) -> int:
    """Anonymous and shared pages of this process, not mapped files, in bytes; what a fork shares counts for both."""
    total = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_bytes().splitlines():  # a process may name itself in any bytes
            if line.startswith((b"RssAnon:", b"RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def share_bytes(pid: int) -> int:
    """The same, with each page divided among those who have it; dearer to read, and `private_bytes` where not shown."""
    total = found = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")):
                total, found = total + int(line.split()[1]) * 1024, found + 1
    return total if found else private_bytes(pid)


def cpu_seconds(pids: list[int]) -> float:
    """CPU time, user and system, of these processes and of their children that have ended, in seconds."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICK


def kill(pids: list[int]) -> None:
    """Kill those of these processes that are still there and may be killed."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def start_time(pid: int) -> int | None:
    """When `pid` started, in clock ticks since boot: with the pid it names one process for good."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    return None


def command(pid: int) -> str:
    """The command line of `pid`, or an empty string."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""
