"""Owns the daemons of a private Slurm and all that its jobs start; ends everything when its standard input ends.

Its owner holds the other end of that pipe, so nothing stays behind however the owner ends, SIGKILL included. Jobs
detach themselves from their slurmd: as a child subreaper, this process becomes the parent of whatever lost its own.

A line on standard input is a command in JSON: `{"start": name, "argv": [...], "env": {...}}`, `{"kill": name}` or `{}`.
The answer is a line with the exit codes of the daemons that ended by themselves.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # meant for the owner, whose end is the only signal here


class Supervisor:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.running: dict[int, str] = {}
        self.ended: dict[str, int] = {}

    def start(self, name: str, argv: list[str], env: dict[str, str]) -> None:
        log = f"{self.folder}/log/{name}"
        opened = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        self.ended.pop(name, None)
        self.running[os.posix_spawn(argv[0], argv, env, file_actions=opened, setsigdef=STOPS)] = name

    def kill(self, name: str) -> None:
        """End a daemon as a crash would."""
        for pid in [pid for pid, other in self.running.items() if other == name]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del self.running[pid]

    def reap(self) -> bool:
        """Collect what ended; is any child left?"""
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if name := self.running.pop(found[0], None):
                    self.ended[name] = os.waitstatus_to_exitcode(found[1])
        except ChildProcessError:
            return False
        return True

    def obey(self) -> None:
        """Carry out commands until the owner is gone."""
        text = b""
        while True:
            if select.select([0], [], [], 0.5)[0]:
                data = os.read(0, 65536)
                if not data:
                    return
                text += data
            self.reap()
            while b"\n" in text:
                line, _, text = text.partition(b"\n")
                command = json.loads(line)
                if "start" in command:
                    self.start(command["start"], command["argv"], command["env"])
                elif "kill" in command:
                    self.kill(command["kill"])
                os.write(1, json.dumps(self.ended).encode() + b"\n")

    def end_all(self) -> None:
        """SIGTERM to the daemons; 0.5 s later SIGKILL to every child, until none is left: orphans become children."""
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)
        polite = time.monotonic() + 0.5
        while self.reap():
            if not self.running or time.monotonic() > polite:
                for pid in children():
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


def children() -> list[int]:
    """The processes whose parent is this one; those that ended stay in the list until they are reaped."""
    return [int(word) for word in Path("/proc/thread-self/children").read_text("ascii").split()]


if __name__ == "__main__":
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    supervisor = Supervisor(sys.argv[1])
    try:
        supervisor.obey()
    finally:
        supervisor.end_all()
        shutil.rmtree(sys.argv[1], ignore_errors=True)
