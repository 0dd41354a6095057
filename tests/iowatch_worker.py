"""A filtered worker for the tests of grader.iowatch: runs a few lines of Python as somebody's submission would."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.iowatch import Counts, SeccompWatch, mechanism

REPO = Path(__file__).parents[1]
TIMEOUT_S = 60
ORDINARY = 64999  # a user id that nobody has
seccomp = pytest.mark.skipif(mechanism() != "seccomp", reason=f"no seccomp listener here, only: {mechanism()}")

WORKER = """
import ctypes, os, signal, socket, subprocess, sys, threading, time, zipfile
from grader.iowatch import filter
parent, root, scratch = socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3]
libc, how = ctypes.CDLL(None, use_errno=True), lambda *fields: (ctypes.c_uint64 * 3)(*fields)
read = lambda path, **more: os.close(os.open(path, os.O_RDONLY, **more))
{before}
listener = filter.install()
socket.send_fds(parent, [b"l"], [listener])
os.close(listener)
parent.recv(1)
{body}
"""


def make_data(tmp_path: Path) -> Path:
    """A folder `data` with files a, b, c, sub/x and z.zip; beside it `sibling` and `scratch`. Returns `data`."""
    for name in ("data/a", "data/b", "data/c", "data/sub/x", "sibling/a", "scratch/own"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    with zipfile.ZipFile(tmp_path / "data/z.zip", "w") as archive:
        for item in "0123456789":
            archive.writestr(item, item)
    return tmp_path / "data"


@contextlib.contextmanager
def watched(
    root: Path, body: str, hold_s: float = 0.0, before: str = "", launcher: tuple[str, ...] = (), **popen: Any
) -> Iterator[tuple[SeccompWatch, Callable[[], str]]]:
    """Run `body` in a filtered worker; yields its watch and `finish`, which returns what it printed at its end.

    A body that says `parent.recv(1)` waits there until finish() is called.
    """
    ours, theirs = socket.socketpair()
    script = WORKER.format(before=before, body=body)
    argv = [*launcher, sys.executable, "-c", script, str(theirs.fileno()), str(root), str(root.parent / "scratch")]
    process = subprocess.Popen(
        argv, pass_fds=[theirs.fileno()], stdout=-1, text=True, env={**os.environ, "PYTHONPATH": str(REPO)}, **popen
    )
    with ours, process:
        theirs.close()
        ours.settimeout(TIMEOUT_S)
        _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)

        def finish() -> str:
            with contextlib.suppress(OSError):  # most workers do not wait for it
                ours.send(b"g")
            printed: str = process.communicate(timeout=TIMEOUT_S)[0]
            assert process.returncode == 0
            return printed

        try:
            with SeccompWatch(listener, root, hold_s) as watch:
                ours.send(b"g")
                yield watch, finish
        finally:
            process.kill()


def count(root: Path, body: str, **more: Any) -> Counts:
    """What the watch says once the worker has done `body` and ended."""
    with watched(root, body, **more) as (watch, finish):
        finish()
        return watch.counts()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does, without a guess at how long it takes."""
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < end
        os.sched_yield()
