"""Starts the fork server and asks it for workers. The one place where a process is made; see `server`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from grader.verdict import GraderFault
from grader.worker import protocol

ROOT = Path(__file__).resolve().parents[2]

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from grader.worker.server import main; main()"

_KEPT_ENV = (
    *("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "CUDA_HOME"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"),
    *("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"),
)
"""All of the grader's environment that a worker sees: tokens and names stay out."""

BOOT_S = 300.0
ANSWER_S = 60.0
"""Seconds for the server to import its framework, and for each of its answers."""

CAN_FORK = sys.platform == "linux"
"""Elsewhere (macOS) a process that has imported a framework cannot be forked safely: each worker starts cold."""


@dataclass
class Process:
    """A worker as the grader holds it; `pidfd` names it for good (-1 where the platform has none)."""

    pid: int
    pidfd: int
    sock: socket.socket
    output: int
    server: subprocess.Popen[bytes] | None
    """Where workers start cold: the process itself."""
    open: bool = True
    _held: threading.Lock = field(default_factory=threading.Lock)
    """Of who closes descriptors or signals through them: a closed number soon names another process."""

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the worker itself, unless it was ended; from any thread."""
        with self._held:
            if self.open and self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, number)
            elif self.open:
                os.kill(self.pid, number)

    def release(self) -> bool:
        """Close what the grader holds of it, the first time; True then."""
        with self._held:
            first, self.open = self.open, False
            if first:
                self.sock.close()
                os.close(self.output)
                if self.pidfd >= 0:
                    os.close(self.pidfd)
            return first

    def exited(self, within: float) -> bool:
        """True when the worker has ended by itself within so many seconds."""
        if self.server is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(within)
            return self.server.poll() is not None
        return bool(select.select([self.pidfd], [], [], within)[0])


class ForkServer:
    """The fork server of one framework: started on the first use, ended by `close`.

    `lend` gives its socket to another process, where `lent` makes a ForkServer of it. One of the two uses it at a time.
    """

    def __init__(self, imports: Sequence[str], *, cold: bool = not CAN_FORK) -> None:
        self._imports = list(imports)
        self._cold = cold
        self._popen: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._turn = threading.Lock()  # one request at a time: the ranks of a group are started side by side

    @classmethod
    def lent(cls, descriptor: int) -> Self:
        """The fork server at the other end of an inherited socket; `close` leaves it running."""
        server = cls(())
        server._control = socket.socket(fileno=descriptor)
        server._control.settimeout(ANSWER_S)
        return server

    def lend(self) -> tuple[int, int]:
        """Descriptor of its socket, for a child process, and its process id."""
        descriptor = self.boot().fileno()
        assert self._popen is not None
        return descriptor, self._popen.pid

    def start(self, options: dict[str, Any]) -> Process:
        """A new worker process that is setting itself up. Raises GraderFault when the server broke."""
        with self._turn:
            return self._start(self.boot(), options)

    def _start(self, control: socket.socket, options: dict[str, Any]) -> Process:
        mine, theirs = socket.socketpair()
        output, write_end = os.pipe()
        try:
            protocol.send(control, {"become" if self._cold else "start": options}, [theirs.fileno(), write_end])
            if self._cold:
                assert self._popen is not None
                spent = Process(self._popen.pid, -1, mine, output, self._popen)
                self._popen = self._control = None
                return spent
            reply, fds = protocol.receive(control, 1)
        except (OSError, EOFError) as error:
            raise GraderFault(f"the fork server broke: {error!r}") from None
        finally:
            theirs.close()
            os.close(write_end)
        if "fault" in reply:
            raise GraderFault(reply["fault"])
        return Process(reply["pid"], fds[0], mine, output, None)

    def end(self, process: Process) -> int:
        """End a worker with all that it started; returns its wait status."""
        if not process.release():
            return 0
        if process.server is not None:
            process.server.kill()
            return process.server.wait()
        if self._control is None:
            return 0  # it ended with the server
        try:
            with self._turn:
                protocol.send(self._control, {"end": process.pid})
                return int(protocol.receive(self._control)[0]["status"])
        except (OSError, EOFError) as error:
            raise GraderFault(f"the fork server broke: {error!r}") from None

    def try_out(self) -> None:
        """Start and end the server. Raises GraderFault when it does not come up."""
        self.boot()
        self.close()

    def close(self) -> None:
        """End the server and every worker it still has."""
        if self._control is not None:
            self._control.close()
        if self._popen is not None:
            self._popen.wait()
        self._popen = self._control = None

    def boot(self) -> socket.socket:
        """Start the server, unless it runs; its socket. It lives no longer than the thread that starts it."""
        if self._control is not None:
            return self._control
        mine, theirs = socket.socketpair()
        env = {name: os.environ[name] for name in _KEPT_ENV if name in os.environ}
        path = [str(ROOT), *(p for p in sys.path if os.path.isabs(p) and p != str(ROOT))]
        popen = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _BOOT, json.dumps(self._imports), json.dumps(path)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # One OpenBLAS thread while numpy is imported: a live thread pool must not be forked.
            env=env | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        theirs.close()
        mine.settimeout(BOOT_S)
        try:
            protocol.receive(mine)
        except (OSError, EOFError):
            raise GraderFault(f"the fork server did not start; try: {sys.executable} -c 'import numpy'") from None
        mine.settimeout(ANSWER_S)
        self._popen, self._control = popen, mine
        return mine
