"""`grader doctor`: is this machine fit and safe to grade on? One line per question, with what to do."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader import bench, machine
from grader.catalog import ROOT
from grader.errors import UsageError
from grader.iowatch import mechanism
from grader.verdict import GraderFault
from grader.worker.limits import WORKER_UID
from grader.worker.spawn import CAN_FORK, ForkServer

MIN_FREE = 2 << 30


class Finding(NamedTuple):
    """An answer: ok, note (works, with less) or bad (do not grade here)."""

    level: str
    text: str


def examine() -> Iterator[Finding]:
    """All findings, in the order in which grading needs them."""
    yield Finding("ok", f"{machine.describe()}; Python {sys.version.split()[0]} on {sys.platform}")
    yield from _frameworks()
    yield from _worker()
    yield from _watching()
    yield from _room()
    yield Finding("note", "hand-ins run without a sandbox: grade only people you trust (results say isolated: false)")


def _frameworks() -> Iterator[Finding]:
    found = {name: machine.version(name) for name in ("torch", "tensorflow")}
    for name, version in found.items():
        if version:
            yield Finding("ok", f"{name} {version}")
    if not any(found.values()):
        yield Finding("bad", "neither torch nor tensorflow is installed: pip install torch")


def _worker() -> Iterator[Finding]:
    who = f"as the user {WORKER_UID}" if os.geteuid() == 0 else "as you"
    try:
        bench.check_readable(ROOT)
        ForkServer(["torch"] if machine.version("torch") else []).try_out()
    except (UsageError, GraderFault) as error:
        yield Finding("bad", str(error).replace("\n", " "))
        return
    yield Finding("ok", f"workers start {who}, {'from a fork server' if CAN_FORK else 'cold (this is not Linux)'}")


def _watching() -> Iterator[Finding]:
    how = mechanism()
    if how == "seccomp":
        yield Finding("ok", "file opens are counted and held from outside (seccomp notification)")
    elif how == "inotify":
        yield Finding("note", "file opens are counted (inotify) but not held: throughput checks are not measured")
    else:
        yield Finding("note", "file opens cannot be counted here: those checks are not measured")
    if len(machine.cores()) < 2:
        yield Finding("note", "one core: checks of parallel work are not measured")


def _room() -> Iterator[Finding]:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    level = "ok" if free > MIN_FREE else "bad"
    yield Finding(level, f"{free / 2**30:.0f} GiB free in {folder}" + ("" if level == "ok" else "; 2 GiB are needed"))
    if hasattr(os, "getloadavg"):
        load, cores = os.getloadavg()[0], len(machine.cores())
        if load > cores / 2:
            yield Finding("note", f"the load is {load:.1f} on {cores} cores: measured checks may end unsure")
