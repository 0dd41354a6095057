"""The daemons of a private Slurm: one user's, on 127.0.0.1 only, in a temporary folder, gone without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.private_slurm import accounting, config, programs
from tests.private_slurm.shape import Shape

ROOT = Path(__file__).resolve().parents[2]
# Variables that are options of the programs, or tell of a job that the tests run in.
DROPPED = ("SLURM", "SBATCH_", "SALLOC_", "SRUN_", "SQUEUE_", "SACCT_", "SCANCEL_", "SINFO_", "SUBMITIT_")


class Daemons:
    """A cluster to start and stop, or to use in a `with`.

    Started as root its jobs run as root; started by an ordinary user, as that user. Nobody else can use it: the socket
    that proves who one is lies in a folder of the owner's.
    """

    def __init__(self, shape: Shape | None = None) -> None:
        self.shape = shape or Shape()
        self.folder = Path()
        self.supervisor: subprocess.Popen[str] | None = None
        self.killed: set[str] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until its nodes are idle.

        Raises FileNotFoundError where a program is missing; RuntimeError, with the ends of the logs, if a daemon ends
        or is not ready in time.
        """
        if gone := programs.missing(self.shape):
            raise FileNotFoundError(f"needed for a private Slurm: {', '.join(gone)}")
        try:
            self._start()
        except RuntimeError:  # the ports were free a moment ago; somebody may have been faster
            self._start()

    def _start(self) -> None:
        try:
            self._make_folder()
            self._start_daemons()
        except BaseException:
            self.stop()
            raise

    def _make_folder(self) -> None:
        # In /tmp and short: a socket's path has at most 108 characters. 0711: workers of another user may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
        self.supervisor = subprocess.Popen(  # from now on it is the supervisor who removes the folder
            [sys.executable, "-I", str(Path(__file__).with_name("supervisor.py")), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            start_new_session=True,  # a Ctrl-C at the terminal is not for the daemons
        )
        self.folder.chmod(0o711)
        for name in ("bin", "dev", "log"):
            (self.folder / name).mkdir()
        private = self.folder / "private"
        private.mkdir(mode=0o700)  # what jobs were given is nobody else's to read
        for name in ("state", *self.shape.node_names()):
            (private / name).mkdir()
        (private / "key").touch(0o600)
        (private / "key").write_bytes(os.urandom(128))
        config.write(self.folder, self.shape)
        programs.write(self.folder, accounting=self.shape.accounting is not None)

    def _start_daemons(self) -> None:
        private = self.folder / "private"
        files = [f"--{name}-file={private}/{name}" for name in ("key", "pid", "seed")]
        # Forced: munged wants a socket that all users can reach.
        self.start_daemon("munged", "--foreground", "--force", f"--socket={private}/munge.sock", *files)
        self.until("munged", (private / "munge.sock").exists)
        if self.shape.accounting:
            accounting.start(self)
        self.start_controller()
        for name in self.shape.node_names():
            self.start_node(name)
        self.until("nodes", lambda: set(self.node_states().values()) == {"idle"})

    def stop(self) -> None:
        """End every daemon and job, and remove the folder."""
        if self.supervisor:
            with self.supervisor as process:
                process.stdin.close()
                process.wait(30)
        self.supervisor = None

    def environment(self, base: dict[str, str] | None = None) -> dict[str, str]:
        """The environment in which this is the cluster: `base` (else this process's), without another cluster's."""
        env = {k: v for k, v in (os.environ if base is None else base).items() if not k.startswith(DROPPED)}
        path = [str(self.folder / "bin"), env.get("PATH", os.defpath), "/usr/sbin"]
        python = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]  # a job finds what tests import
        own = {"SLURM_CONF": f"{self.folder}/slurm.conf", "PATH": ":".join(path), "PYTHONPATH": ":".join(python)}
        return env | own

    # --- daemons ---

    def start_daemon(self, program: str, *arguments: str, node: str = "", env: dict[str, str] | None = None) -> None:
        """Start a program under the supervisor; its output is in `log/`."""
        argv = [programs.find(program), *arguments]
        env = self.environment() | programs.named(self.folder) | (env or {})
        self._ask({"start": node or program, "argv": argv, "env": env})
        self.killed.discard(node or program)

    def start_node(self, node: str) -> None:
        """Start the slurmd of a node."""
        self.start_daemon("slurmd", "-D", "-N", node, node=node)

    def start_controller(self) -> None:
        """Start slurmctld, from its saved state if there is one, and wait until it answers."""
        self.start_daemon("slurmctld", "-D", "-i")
        self.until("slurmctld", lambda: self.run("scontrol", "ping", check=False).returncode == 0)

    def kill_controller(self) -> None:
        """SIGKILL slurmctld, after it wrote down what happened so far: it does so every 5 s, and forgets the rest."""
        state = self.folder / "private/state/job_state"
        before = state.stat().st_mtime_ns if state.exists() else 0
        self.run("scontrol", "reconfigure")  # a reason to write
        self.until("saved state", lambda: state.exists() and state.stat().st_mtime_ns > before)
        self._kill("slurmctld")

    def kill_node(self, node: str) -> None:
        """SIGKILL the slurmd of a node; its jobs run on."""
        self._kill(node)

    def _kill(self, name: str) -> None:
        self._ask({"kill": name})
        self.killed.add(name)

    def logs(self, lines: int = 5) -> str:
        """The last lines of every daemon's log."""
        files = sorted((self.folder / "log").iterdir())
        ends = [(file.name, file.read_text("utf-8", "replace").splitlines()[-lines:]) for file in files]
        return "\n".join(f"{name}: {line}" for name, end in ends for line in end)

    def _ask(self, command: dict[str, Any]) -> dict[str, int]:
        pipe = self.supervisor
        pipe.stdin.write(json.dumps(command) + "\n")
        pipe.stdin.flush()
        return json.loads(pipe.stdout.readline())

    def until(self, what: str, ready: Callable[[], bool], within: float = 30) -> None:
        deadline = time.monotonic() + within
        while not ready():
            if (ended := self._ask({})) or time.monotonic() > deadline:
                raise RuntimeError(f"the private Slurm fails: {what}, ended: {ended}\n{self.logs()}")
            time.sleep(0.02)

    def run(self, *words: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on the cluster, past the wrappers that count calls; `more` goes to subprocess.run."""
        argv = [programs.real(words[0], self.folder), *words[1:]]
        env = self.environment() | programs.named(self.folder)
        kept = {"env": env, "text": True, "capture_output": True} | more
        return subprocess.run(argv, check=check, **kept)

    def node_states(self) -> dict[str, str]:
        """The state of each node as sinfo has it: idle, mix, alloc, down, drain ..."""
        lines = self.run("sinfo", "-h", "-N", "-o", "%N %t").stdout.splitlines()
        return dict(line.split() for line in lines)
