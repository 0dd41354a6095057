"""A private Slurm as tests use it: submit, wait, and cause what happens on a cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from unittest import mock

from tests.private_slurm.daemons import Daemons

T = TypeVar("T")
FINAL = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT"}


def until(true: Callable[[], T], within: float = 60) -> T:
    """Ask until the answer is yes, and give it; AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := true()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return answer


class PrivateSlurm(Daemons):
    """Use it in a `with`, or between `start()` and `stop()`. Its own calls of Slurm are not counted in `calls()`."""

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Within it, this process itself is on the cluster: for submitit, or code that starts programs."""
        with mock.patch.dict(os.environ, self.environment(), clear=True):
            yield

    def submit(self, script: str | Path, *options: str, cwd: Path | None = None) -> str:
        """The id of a new job, from the text of a job script or its file.

        Raises AssertionError with what sbatch said if it refuses.
        """
        if isinstance(script, Path):
            done = self.run("sbatch", "--parsable", *options, str(script), check=False, cwd=cwd)
        else:
            done = self.run("sbatch", "--parsable", *options, check=False, cwd=cwd, input=script)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().partition(";")[0]

    def states(self, job: str) -> dict[str, str]:
        """The state of a job, or of every task of an array: {"7_0": "RUNNING", "7_1": "PENDING"}."""
        found = self.run("squeue", "-h", "-a", "-r", "-t", "all", "-j", job, "-o", "%i %T").stdout
        return dict(line.split() for line in found.splitlines())

    def wait_for(self, job: str, *wanted: str, timeout: float = 60) -> dict[str, str]:
        """Wait until a job, or each task of an array, is in one of the states (without any: in a final one).

        Raises AssertionError after `timeout` seconds, or as soon as a final state rules it out.
        """
        deadline = time.monotonic() + timeout
        hoped = set(wanted) or FINAL
        while not (now := self.states(job)) or not set(now.values()) <= hoped:
            assert not set(now.values()) & FINAL - hoped, f"{sorted(hoped)} never comes: {now}\n{self.logs()}"
            assert time.monotonic() < deadline, f"{sorted(hoped)} not within {timeout} s: {now}\n{self.logs()}"
            time.sleep(0.05)
        return now

    def set_node(self, node: str, state: str) -> None:
        """`down`: its jobs are queued again; `resume`: it takes jobs again."""
        self.run("scontrol", "update", f"NodeName={node}", f"State={state}", "Reason=test")

    def end_early(self, job: str, seconds: int = 5) -> None:
        """Let the time limit of a running job come in `seconds`; Slurm looks at limits every 30 s."""
        self.run("scontrol", "update", f"JobId={job}", f"EndTime=now+{seconds}seconds")

    def calls(self, program: str) -> list[str]:
        """The calls of sbatch, squeue, sacct, scancel or srun so far, with their arguments."""
        lines = (self.folder / "calls").read_text("utf-8", "replace").splitlines()
        return [line for line in lines if line.split()[0] == program]

    def tidy(self) -> None:
        """As after the start: no job, every daemon and node up, no call counted. Finished jobs stay known."""
        if "slurmctld" in self.killed:
            self.start_controller()
        for node in list(self.killed):
            self.start_node(node)
        self.run("scancel", "--user", str(os.geteuid()))
        for node, state in self.node_states().items():
            if state.startswith(("down", "drain", "drng")):
                self.set_node(node, "resume")
        until(lambda: set(self.node_states().values()) == {"idle"})
        (self.folder / "calls").write_text("")
