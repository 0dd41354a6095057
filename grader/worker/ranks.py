"""A group of workers that know of each other, started as torchrun starts the processes of a job on one node.

One group to start, to call and to end: when one rank fails, hangs or leaves, all end, and the evidence says where each
of them stood.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any, Self

from grader import machine
from grader.iowatch import Counts
from grader.verdict import Failed, GraderFault, Stop
from grader.worker.client import CALL_S, Code, Settings, Worker
from grader.worker.protocol import Array
from grader.worker.spawn import ForkServer

GRACE_S = 1.0
"""Seconds in which the ranks beside one that failed may end by themselves."""
_PEER = re.compile(r"closed by peer|reset by peer|Broken pipe|closed the connection", re.IGNORECASE)
"""How a rank reports that another one has left: a consequence, not the cause."""

_PAIRED = ("in send", "in recv")
"""How the place of a rank ends that waits for one other rank, not for all."""


class Ranks:
    """`count` live workers that share `code` and its scratch folder; a context manager."""

    def __init__(self, server: ForkServer, code: Code, count: int, settings: Settings) -> None:
        server.boot()
        self._pool = ThreadPoolExecutor(count)
        self._workers: list[Worker] = []
        self._ended = False
        try:
            jobs = [self._pool.submit(Worker, server, code, each) for each in _each(settings, count)]
            wait(jobs)
            self._workers = [job.result() for job in jobs if not job.exception()]
            if broken := _cause(jobs):
                raise _of_rank(jobs.index(broken), broken.exception())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._workers)

    def call(self, function: str, *args: Any, returns: Sequence[Array] = (), within: float = CALL_S) -> list[Any]:
        """Call a function of the workload on all ranks at once; the answers, by rank. Raises as `timed`."""
        return self.timed(function, *args, returns=returns, within=within)[0]

    def timed(
        self, function: str, *args: Any, returns: Sequence[Array] = (), within: float = CALL_S
    ) -> tuple[list[Any], float]:
        """The same, and the seconds until the last rank had answered, on the grader's clock.

        Raises Failed for the rank that failed first, with its number, or when some do not end `within` seconds: then
        with the line where each of them stands. Both end the group.
        """
        if self._ended:
            raise GraderFault(f"{function}() was called in a group of ranks that has ended")
        # The group ends what hangs, when it has looked where everybody stands; so each call may take longer than that.
        ask = partial(Worker.call, returns=returns, within=within + 60)
        start = time.perf_counter()
        jobs = [self._pool.submit(ask, worker, function, *args) for worker in self._workers]
        wait(jobs, timeout=within, return_when=FIRST_EXCEPTION)
        seconds = time.perf_counter() - start
        if all(job.done() and not job.exception() for job in jobs):
            return [job.result() for job in jobs], seconds
        wait(jobs, timeout=GRACE_S if _cause(jobs) else 0)
        broken, hanging = _cause(jobs), [not job.done() for job in jobs]
        stand = [worker.stands() if hangs else "" for worker, hangs in zip(self._workers, hanging, strict=True)]
        for worker in self._workers:
            worker.kill()
        wait(jobs)
        self.close()
        if broken:
            raise _of_rank(jobs.index(broken), broken.exception())
        raise Failed(_hang(f"{function}()", within, hanging, stand), _why(stand))

    def sent_bytes(self) -> list[int]:
        """Bytes that each rank has sent to the others so far, counted from outside; by rank."""
        return [worker.sent_bytes() for worker in self._workers]

    def peak_bytes(self) -> list[int]:
        """Largest private memory of each rank since `reset_peak`, in bytes, seen from outside; by rank."""
        return [worker.peak_bytes for worker in self._workers]

    def reset_peak(self) -> list[int]:
        """Begin `peak_bytes` afresh; answers what each rank owns now, in bytes."""
        return [worker.reset_peak() for worker in self._workers]

    def cpu_seconds(self) -> float:
        """CPU seconds that all ranks together have used so far."""
        return sum(worker.cpu_seconds() for worker in self._workers)

    def opens(self) -> list[Counts]:
        """File opens below the watched folder, by rank; see grader.worker.client.Worker.opens."""
        return [worker.opens() for worker in self._workers]

    def close(self) -> None:
        """End all ranks; safe to call twice."""
        self._ended = True
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.close()
        self._pool.shutdown()


def _each(settings: Settings, count: int) -> list[Settings]:
    """What each rank gets: a core of its own where there are enough, one thread, and torchrun's environment."""
    cores, (port,) = machine.cores(), free_ports(1)
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "GROUP_RANK": "0",
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    if count > len(machine.gpus()):  # two ranks on one GPU are no multi-GPU job: all use the CPU
        shared["CUDA_VISIBLE_DEVICES"] = ""
    return [
        replace(
            settings,
            cores=settings.cores or (cores[rank % len(cores)],),
            threads=settings.threads or 1,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} | settings.env,
        )
        for rank in range(count)
    ]


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody uses now, below those that the kernel hands out to connections: such a one
    could be gone before the ranks bind it, and a rank that cannot would look like the student's fault.
    """
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] * (port not in found)
    return found


def _cause(jobs: Sequence[Future[Any]]) -> Future[Any] | None:
    """The job that failed; among several, one that does not only report that its peer has left."""
    failed = [job for job in jobs if job.done() and job.exception()]
    return min(failed, key=lambda job: bool(_PEER.search(str(job.exception()))), default=None)


def _of_rank(rank: int, error: BaseException | None) -> BaseException:
    """The same verdict, with the number of the rank in front."""
    if isinstance(error, Failed):
        told = error.outcome
        return Failed(f"Rank {rank}: {told.evidence}", told.cause, told.next, line=told.line)
    if isinstance(error, Stop | GraderFault):
        return error
    return error or GraderFault("a rank ended without a reason")


def _why(stand: Sequence[str]) -> str:
    """What ranks that stand there often wait for."""
    if any(place.endswith(_PAIRED) for place in stand):
        return "Often: a send without its recv, or a recv without its send."
    return "Often: not all ranks reach the same collective."


def _hang(what: str, within: float, hanging: Sequence[bool], stand: Sequence[str]) -> str:
    """Who hangs, and where; ranks at the same place share a line."""
    places: dict[str, list[int]] = {}
    for rank, (hangs, place) in enumerate(zip(hanging, stand, strict=True)):
        places.setdefault((place or "nowhere to be seen") if hangs else "ended", []).append(rank)
    lines = [
        f"{'rank' if len(ranks) == 1 else 'ranks'} {', '.join(map(str, ranks))}: {place}"
        for place, ranks in places.items()
    ]
    told = f"{what} did not end within {within:g} s on {sum(hanging)} of {len(hanging)} ranks and was stopped."
    return "\n".join([told, *lines[:4]])
