"""The trusted end: starts workers, calls them within limits, and turns what goes wrong into a verdict."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from grader.iowatch import Counts, InotifyWatch, SeccompWatch, Watch, mechanism
from grader.verdict import Failed, GraderFault, NotMeasured
from grader.worker import limits, procs, protocol, stack, traffic
from grader.worker.guard import Guard
from grader.worker.protocol import Array
from grader.worker.spawn import ForkServer

IMPORT_S = 60.0
CALL_S = 30.0
START_S = 60.0


@dataclass(frozen=True)
class Code:
    """What a worker runs: the folder with the given files and one task file, and where it may write."""

    folder: Path
    modules: tuple[str, ...]
    """Modules to import, in order; calls go to functions of the first."""
    scratch: Path
    trusted: bool
    """The course's own code: what goes wrong in it is the grader's fault."""


@dataclass(frozen=True)
class Settings:
    """How a worker is set up; the defaults are those of a correctness check."""

    cores: tuple[int, ...] = ()
    """CPU cores it may use; empty means all that the grader may use."""
    threads: int = 0
    """Threads inside one framework operation; 0 leaves the framework's default."""
    env: dict[str, str] = field(default_factory=dict)
    watch: Path | None = None
    """Folder whose file opens are counted (and held) from outside."""
    hold_s: float = 0.0
    """Seconds for which each open below `watch` is held."""
    memory: int = 2 << 30
    """Bytes that the worker and its children may own together."""


class Worker:
    """One live worker process; a context manager. A call after its end raises GraderFault."""

    def __init__(self, server: ForkServer, code: Code, settings: Settings) -> None:
        if settings.watch is not None and mechanism() == "none":
            raise NotMeasured("File opens cannot be counted on this system.", next="run it on Linux")
        self._server, self._code = server, code
        self._last_call = "start"
        self._status: int | None = None
        self._process = server.start(self._options(settings))
        self._guard = Guard(self._process.pid, self._process.output, settings.memory, self.kill)
        self._watch: Watch | None = None
        try:
            self._ready(settings)
            self._request({"import": list(code.modules)}, IMPORT_S, f"The import of {code.modules[-1]}.py")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- calls -----------------------------------------------------------------------------------------------

    def call(self, function: str, *args: Any, returns: Sequence[Array] = (), within: float = CALL_S) -> Any:
        """Call a function of the workload in the worker; see `timed` for what comes back and what is raised."""
        return self.timed(function, *args, returns=returns, within=within)[0]

    def timed(
        self, function: str, *args: Any, returns: Sequence[Array] = (), within: float = CALL_S
    ) -> tuple[Any, float]:
        """The answer of a call, and its seconds on the grader's clock until the answer was copied out.

        `args` are JSON values or arrays. Without `returns` the answer is a JSON value, with it a list of arrays
        that match. Raises Failed when the worker raises, hangs for `within` seconds, dies, breaks a limit or
        answers something else (GraderFault when the worker is trusted).
        """
        arrays: list[npt.NDArray[Any]] = []
        plain: list[Any] = []
        for arg in args:
            if isinstance(arg, np.ndarray):
                plain.append({"array": len(arrays)})
                arrays.append(arg)
            else:
                plain.append(arg)
        fds = [protocol.input_memory(a) for a in arrays] + [protocol.output_memory(spec) for spec in returns]
        request = {
            "call": function,
            "args": plain,
            "inputs": [{"dtype": str(a.dtype), "shape": list(a.shape)} for a in arrays],
            "outputs": [spec.capacity for spec in returns],
        }
        try:
            start = time.perf_counter()
            reply = self._request(request, within, f"{function}()", fds)
            answer = self._arrays(reply, returns, fds[len(arrays) :]) if returns else reply.get("value")
            seconds = time.perf_counter() - start
            if not returns and protocol.has_nan(answer):
                self._fail(f"{self._last_call} answered nan, which is not a number.", "Often: 0 / 0, or inf - inf.")
            return answer, seconds
        finally:
            for fd in fds:
                os.close(fd)

    def _arrays(self, reply: dict[str, Any], returns: Sequence[Array], fds: Sequence[int]) -> list[Any]:
        found = reply.get("arrays")
        found = found if isinstance(found, list) else []
        if len(found) != len(returns):
            self._fail(f"{self._last_call} sent an answer of another form than its {len(returns)} arrays.")
        items: list[dict[str, Any]] = [item if isinstance(item, dict) else {} for item in found]
        for spec, item in zip(returns, items, strict=True):
            if problem := spec.mismatch(item.get("dtype"), item.get("shape")):
                self._fail(f"{self._last_call} answered wrongly: {_line(problem, 200)}.")
        return [protocol.read_array(fd, i["dtype"], i["shape"]) for fd, i in zip(fds, items, strict=True)]

    # --- what is seen from outside -----------------------------------------------------------------------------

    @property
    def io(self) -> Watch:
        """The watch over file opens: `reset`, and `hold_s` where it can hold."""
        if self._watch is None:
            raise GraderFault("this worker was started without a watched folder")
        return self._watch

    def opens(self) -> Counts:
        """File opens below the watched folder since the last reset. Raises Failed when some could not be followed:
        a count that may be too low must never pass.
        """
        counts = self.io.counts()
        if counts.unknown:
            self._fail(f"{counts.unknown} file opens could not be followed from outside, so they cannot be counted.")
        return counts

    def helpers(self) -> set[int]:
        """Processes below the worker right now (DataLoader workers), without Python's own bookkeepers."""
        return {p for p in procs.tree(self._process.pid)[1:] if "resource_tracker" not in procs.command(p)}

    def helper_seconds(self) -> float:
        """CPU seconds of the helpers; waiting does not count, so a busy machine changes little."""
        return procs.cpu_seconds(list(self.helpers()))

    @property
    def peak_bytes(self) -> int:
        """Largest private memory that one process of the tree was seen to own, in bytes."""
        return self._guard.peak_one

    def reset_peak(self) -> int:
        """Begin `peak_bytes` afresh; returns what the worker owns now, in bytes."""
        self._guard.reset_peak()
        return procs.private_bytes(self._process.pid)

    def cpu_seconds(self) -> float:
        """CPU seconds that the live processes of the tree have used."""
        return procs.cpu_seconds(procs.tree(self._process.pid))

    def sent_bytes(self) -> int:
        """Bytes that the worker has sent over TCP, from outside (see grader.worker.traffic)."""
        try:
            return traffic.sent_bytes(self._process.pid)
        except OSError as error:
            raise NotMeasured(f"Traffic cannot be counted on this system: {error}.", next="run it on Linux") from None

    def stands(self, within: float = 1.0) -> str:
        """The line where the worker is now, and the collective in which it waits (see grader.worker.stack)."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill(stack.SIGNAL)
        end = time.monotonic() + within
        while not (place := stack.place(self._guard.output(), str(self._code.folder), self._code.modules[-1])):
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        return _line(place, 100)

    # --- life ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the worker and everything it started; safe to call twice."""
        if self._status is None:
            self._guard.stop()
            self._status = self._server.end(self._process)
            if self._watch is not None:
                self._watch.close()

    def kill(self) -> None:
        """Kill the worker and its children, from any thread; a call that waits for it then fails."""
        below = procs.tree(self._process.pid)[1:]  # they have its end of the channel too
        with contextlib.suppress(ProcessLookupError):
            self._process.kill(signal.SIGKILL)
        procs.kill(below)

    def _options(self, settings: Settings) -> dict[str, Any]:
        scratch = str(self._code.scratch)
        env = {"HOME": f"{scratch}/home", "TMPDIR": scratch, "USER": "student", "LOGNAME": "student"}
        return {
            "code": str(self._code.folder),
            "entry": self._code.modules[0],
            "scratch": scratch,
            "cores": list(settings.cores),
            "threads": settings.threads,
            "uid": limits.TRUSTED_UID if self._code.trusted else limits.WORKER_UID,
            "watched": settings.watch is not None and mechanism() == "seccomp",
            "env": env | settings.env,
        }

    def _ready(self, settings: Settings) -> None:
        self._process.sock.settimeout(START_S)
        try:
            message, fds = protocol.receive(self._process.sock, 1)
        except (OSError, EOFError, protocol.ProtocolViolation) as error:
            detail = self._guard.tail() or repr(error)
            raise GraderFault(f"a worker did not start: {detail}") from None
        if message != {"ready": True}:
            raise GraderFault(f"a worker started with {message}")
        if settings.watch is not None:
            self._watch = SeccompWatch(fds[0], settings.watch, settings.hold_s) if fds else InotifyWatch(settings.watch)

    def _request(self, request: dict[str, Any], within: float, what: str, fds: Sequence[int] = ()) -> dict[str, Any]:
        if self._status is not None:
            raise GraderFault(f"{what} was called in a worker that has ended")
        self._last_call = what
        sock = self._process.sock
        sock.settimeout(within)
        try:
            protocol.send(sock, request, fds)
            reply, _ = protocol.receive(sock, within=within)
        except TimeoutError:
            late = f"{what} did not end within {within:g} s and was stopped."
            self._end_with(self._guard.broken or late, self._guard.advice or "an endless loop or a deadlock")
        except (EOFError, ConnectionError):
            died = self._death(what)
            if self._guard.fault:
                raise GraderFault(f"a worker could not be watched: {self._guard.fault}") from None
            self._end_with(self._guard.broken or died, self._guard.advice)
        except protocol.ProtocolViolation as error:
            self._end_with(f"{what} {error}: something else than the grader's worker answered.", "")
        if "error" in reply:
            self._raise(what, reply["error"])
        return reply

    def _death(self, what: str) -> str:
        """Wait a moment for the end of a worker that hung up, and say how it ended."""
        exited = self._process.exited(within=1.0)
        self.close()
        code = os.waitstatus_to_exitcode(self._status or 0)
        if not exited:
            return f"{what} closed the grader's channel."
        if code < 0:
            return f"The process crashed in {what} ({_signal_name(-code)})."
        return f"The process left during {what} (exit status {code})."

    def _raise(self, what: str, error: Any) -> None:
        error = error if isinstance(error, dict) else {}
        where = error.get("where") if isinstance(error.get("where"), dict) else {}
        place = f"{_line(where.get('file'), 40)}:{_line(where.get('line'), 8)}: " if where else ""
        code = f"\n{_line(where.get('text'), 76)}" if where.get("text") else ""
        text = f"{what} raised an error.\n{place}{_line(error.get('type'), 40)}: {_line(error.get('text'), 300)}{code}"
        line = where.get("line") if where.get("file") == f"{self._code.modules[-1]}.py" else 0
        self._fail(text, line=line if type(line) is int else 0)

    def _end_with(self, evidence: str, cause: str) -> None:
        self.close()
        self._fail(evidence, f"Often: {cause}." if cause and cause[0].islower() else cause)

    def _fail(self, evidence: str, cause: str = "", line: int = 0) -> None:
        if self._code.trusted:
            raise GraderFault(f"the course's own code: {evidence} {self._guard.tail()}")
        raise Failed(evidence, cause, line=line)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _line(text: object, limit: int) -> str:
    """Untrusted text as one printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
