"""Runs of the checks one after the other that share fork servers: a framework is imported once for all of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from grader import quiet
from grader.catalog import ROOT, Side
from grader.verdict import GraderFault
from grader.worker.spawn import ForkServer

OPTION = "--fork-server"
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


class Runs:
    """Starts pytest on checks and lends it fork servers; a context manager that ends them.

    No hand-in's code ever runs in a fork server, so nothing passes from one run to the next. After a run that did not
    end by itself they are made anew: half an answer might wait in their sockets.
    """

    def __init__(self) -> None:
        self._servers: dict[tuple[str, ...], ForkServer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, sides: Sequence[Side], words: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `pytest words`, which will check `sides`; `options` are those of subprocess.run.

        Raises subprocess.TimeoutExpired. Where a fork server does not start, the run will say so in its verdicts.
        """
        lent = []
        for imports in {side.imports for side in sides if not side.missing} if _may_look() else ():
            with contextlib.suppress(GraderFault):
                descriptor, pid = self._server(imports).lend()
                lent.append(f"{','.join(imports)}={descriptor}:{pid}")
        ended = False
        try:
            answer = pytest(words, lent, **options)
            ended = answer.returncode >= 0
            return answer
        finally:
            if not ended:
                self.close()

    def close(self) -> None:
        """End every fork server."""
        while self._servers:
            self._servers.popitem()[1].close()

    def _server(self, imports: tuple[str, ...]) -> ForkServer:
        return self._servers.setdefault(imports, ForkServer(imports))


def _may_look() -> bool:
    """Whether a run may look into workers of a server that was lent to it. Yama may allow that for descendants only."""
    try:
        return os.geteuid() == 0 or int(YAMA.read_text()) == 0
    except (OSError, ValueError):
        return True


def pytest(words: Sequence[str], lent: Sequence[str] = (), **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `pytest words` in the repository with the fork servers `lent`: values of `--fork-server`."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    command += [f"{OPTION}={text}" for text in lent]
    descriptors = [_place(text)[0] for text in lent]
    return subprocess.run(command, cwd=ROOT, check=False, text=True, pass_fds=descriptors, **options)


def lent(given: Sequence[str]) -> dict[tuple[str, ...], ForkServer]:
    """The fork servers that `--fork-server` options name, by what they have imported; their time counts as ours."""
    servers = {}
    for text in given:
        descriptor, pid = _place(text)
        servers[tuple(text.rpartition("=")[0].split(","))] = ForkServer.lent(descriptor)
        quiet.OURS.add(pid)
    return servers


def _place(text: str) -> tuple[int, int]:
    """Descriptor and process id in a value of `--fork-server`."""
    descriptor, pid = map(int, text.rpartition("=")[2].split(":"))
    return descriptor, pid
