"""The fork server: a clean process that has imported the framework, and forks a worker per request.

A fork takes milliseconds where `import torch` takes seconds, so every check and every timed call gets a
process of its own. The server itself never runs a student's code and never reads a payload: it receives
descriptors, forks, and ends what it forked. Invariant, asserted before each fork: it has one thread (a fork
of a process with a live thread pool hangs in the child's first parallel loop).

Requests on descriptor 0: {"start": options} with [worker socket, output pipe] -> {"pid": n} and a pidfd;
{"end": pid} -> {"status": n}; where forking is not safe (macOS), {"become": options} turns the server itself
into the worker.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import warnings
from typing import Any, NoReturn

from grader.worker import child, limits, procs, protocol

_ON_FIRST_USE = {"torch": ("torch._dynamo",)}
"""What a framework imports later (torch: when an optimizer is made). Here it costs a second once, not in every fork."""
MAX_ROUNDS = 1000
"""Generations of orphans that are ended with a worker."""


def main() -> None:
    """Import the frameworks named in argv[1] (JSON list), then serve until the grader is gone."""
    limits.die_with_parent()
    limits.become_subreaper()
    control = socket.socket(fileno=0)
    for name in json.loads(sys.argv[1]):
        for module in (name, *_ON_FIRST_USE.get(name, ())):
            with contextlib.suppress(Exception):  # a broken framework shows in the worker, where it is reported
                importlib.import_module(module)
    protocol.send(control, {"ready": True})
    alive: dict[int, int] = {}
    while True:
        try:
            request, fds = protocol.receive(control, 2)
        except (EOFError, OSError):
            break
        if "start" in request:
            _start(control, request["start"], fds, alive)
        elif "become" in request:
            _serve(control, request["become"], fds)
        else:
            protocol.send(control, {"status": _end(request["end"], alive)})
    for pid in list(alive):
        _end(pid, alive)


def _start(control: socket.socket, options: dict[str, Any], fds: list[int], alive: dict[int, int]) -> None:
    threads = procs.thread_count(os.getpid())
    if threads > 1:
        protocol.send(control, {"fault": f"the fork server has {threads} threads; it must have one"})
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        for pidfd in alive.values():
            os.close(pidfd)
        _serve(control, options, fds)
    for fd in fds:
        os.close(fd)
    alive[pid] = os.pidfd_open(pid)
    protocol.send(control, {"pid": pid}, [alive[pid]])


def _serve(control: socket.socket, options: dict[str, Any], fds: list[int]) -> NoReturn:
    """Turn this process into a worker; never returns."""
    status = 1
    try:
        control.detach()
        with contextlib.suppress(PermissionError):
            os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(fds[1], 1)
        os.dup2(fds[1], 2)
        os.close(fds[1])
        child.serve(socket.socket(fileno=fds[0]), options)
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)  # no atexit or __del__ of anybody's code


def _end(pid: int, alive: dict[int, int]) -> int:
    """Kill a worker with all that it started; returns its wait status (-1 when it is not one of ours)."""
    pidfd = alive.pop(pid, None)
    if pidfd is None:
        return -1
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    # What it left behind is ours now (subreaper); each round can orphan another generation.
    for _ in range(MAX_ROUNDS):
        orphans = [p for p in procs.children(os.getpid()) if p not in alive]
        if not orphans:
            break
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)
    return status
