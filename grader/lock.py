"""One grader per results folder: a lock file that names its owner, without flock (which network disks may lack)."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.errors import UsageError
from grader.worker import procs


def me() -> dict[str, Any]:
    """This process, named so that a later one can tell whether it still lives."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": procs.start_time(os.getpid())}


def alive(owner: dict[str, Any]) -> bool | None:
    """Whether the process in `owner` still runs; None when it is on another host and cannot be seen."""
    if owner.get("host") != socket.gethostname():
        return None
    return procs.start_time(int(owner.get("pid", 0))) == owner.get("started") is not None


class FolderLock:
    """A context manager that holds `folder/lock`; raises UsageError when somebody else does.

    The file appears with its content in one step (a link; an exclusive open where links do not exist). A lock
    whose owner is dead is moved aside first; moving is atomic, so of two that try only one gets it.
    """

    def __init__(self, folder: Path, command: str = "grader grade") -> None:
        self._command = command
        self._path = folder / "lock"
        self.token = secrets.token_hex(8)

    def __enter__(self) -> Self:
        for _ in range(10):
            if self._create():
                return self
            owner = self._owner()
            if owner is None:
                continue  # it went away meanwhile
            if alive(owner) is not False:
                raise UsageError(self._busy(owner))
            self._move_aside(owner)
        raise UsageError(f"could not get {self._path}; try again")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if holds(self._path.parent, self.token):
            self._path.unlink(missing_ok=True)

    def _create(self) -> bool:
        content = json.dumps({**me(), "token": self.token})
        temporary = self._path.with_name(f".lock.{self.token}")
        temporary.write_text(content, "utf-8")
        try:
            os.link(temporary, self._path)
        except FileExistsError:
            return False
        except OSError:
            return self._create_exclusive(content)
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def _create_exclusive(self, content: str) -> bool:
        try:
            with self._path.open("x", encoding="utf-8") as file:
                file.write(content)
        except FileExistsError:
            return False
        return True

    def _owner(self) -> dict[str, Any] | None:
        try:
            owner = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            owner = {}
        return owner if isinstance(owner, dict) else {}

    def _move_aside(self, judged: dict[str, Any]) -> None:
        aside = self._path.with_name(f".lock.dead.{self.token}")
        with contextlib.suppress(FileNotFoundError):
            self._path.rename(aside)
            if json.loads(aside.read_text("utf-8")) != judged:  # somebody was quicker: give it back
                with contextlib.suppress(OSError):
                    os.link(aside, self._path)
            aside.unlink(missing_ok=True)

    def _busy(self, owner: dict[str, Any]) -> str:
        who = f"process {owner.get('pid', '?')} on {owner.get('host', 'an unknown host')}"
        line = f"{self._path.parent} is in use: another `{self._command}` runs there ({who})."
        if owner.get("host") == socket.gethostname():
            return f"{line}\nWait for it, or stop it: kill {owner.get('pid')}"
        return f"{line}\nIt cannot be seen from this host. If you know that it has ended: rm {self._path}"


def holds(folder: Path, token: str) -> bool:
    """Whether the lock of `folder` is the one with this token."""
    try:
        return bool(json.loads((folder / "lock").read_text("utf-8")).get("token") == token)
    except (OSError, ValueError):
        return False
