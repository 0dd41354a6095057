"""The bench on which one hand-in is checked: its task files, staged code, workers, folders and results."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import types
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any, TypeVar

import pytest

from grader import __version__, likeness, machine, results
from grader.catalog import ROOT, Assignment, Side
from grader.checks import Check
from grader.errors import UsageError
from grader.intake import TaskFile
from grader.verdict import Failed, GraderFault
from grader.worker import limits
from grader.worker.client import Code, Settings, Worker
from grader.worker.ranks import Ranks
from grader.worker.spawn import ForkServer

BENCH = pytest.StashKey["Bench"]()
SIDE = pytest.StashKey[Side]()
"""Where a check's item keeps its bench, and the side of the assignment that it judges."""

_Started = TypeVar("_Started", Worker, Ranks)
Servers = dict[tuple[str, ...], ForkServer]
"""Fork servers by what they have imported."""


class Bench:
    """One hand-in of one assignment. `close` ends its processes and removes its temporary folder."""

    def __init__(
        self, assignment: Assignment, files: list[TaskFile], whose: str, out: Path | None, servers: Servers
    ) -> None:
        self.assignment = assignment
        self.files = {f.side.framework: f for f in files}
        self.out = out
        self.through: Path | None = None
        """The folder of a claim (see grader.claim): results are written only as long as it exists."""
        self.broken: dict[str, str] = {}
        """Per framework: why its task file cannot be used at all."""
        self._servers = dict(servers)
        self._folder: Path | None = None
        self._count = 0
        self.results: results.Results = {
            "schema": results.SCHEMA,
            "grader": __version__,
            "assignment": assignment.name,
            "title": assignment.title,
            "whose": whose,
            "key": key(assignment, files),
            "isolated": False,
            "machine": machine.facts(),
            "files": [_file_entry(assignment, f) for f in files],
            "checks": [],
        }

    # --- results ---------------------------------------------------------------------------------------------

    def declare(self, checks: list[tuple[str, Check]], *, resume: bool) -> None:
        """List all checks; earlier results of the same files stay. Raises UsageError when they cannot be read."""
        earlier: dict[tuple[str, str], dict[str, Any]] = {}
        if self.out is not None and self.out.exists():
            old = results.read(self.out)
            if resume and old["key"] != self.results["key"]:  # a new hand-in, or new checks
                results.set_aside(self.out, old)
            else:  # at a desk one side changes, and what is known of the other stays
                same = results.unchanged(old, self.results)
                earlier = {(c["framework"], c["id"]): c for c in old["checks"] if c["framework"] in same}
        for framework, check in checks:
            earlier.setdefault((framework, check.id), _blank(framework, check))
        self.results["checks"] = list(earlier.values())

    def begin(self, checks: list[tuple[str, Check]]) -> None:
        """Forget the verdicts of the checks that are about to run, so that none can pass for a new one."""
        for framework, check in checks:
            entry = self.entry(framework, check.id)
            assert entry is not None
            entry.clear()
            entry.update(_blank(framework, check))
        self.save()

    def entry(self, framework: str, check_id: str) -> dict[str, Any] | None:
        """A check's entry in the results, or None when it is not among them."""
        found = (c for c in self.results["checks"] if (c["framework"], c["id"]) == (framework, check_id))
        return next(found, None)

    def save(self) -> None:
        """Write the results, if this run keeps any."""
        if self.out is not None:
            results.write(self.out, self.results, self.through)

    # --- code, workers, folders --------------------------------------------------------------------------------

    def code(self, side: Side, *, trusted: bool) -> Code:
        """A staged folder with the given files and the hand-in's (`trusted`: the start's)."""
        folder = self.folder(writable=False)
        for name in side.given:
            shutil.copyfile(self.assignment.folder / name, folder / name)
        shipped = {name: self.assignment.start(side, name) for name in side.files} if trusted else {}
        texts = {name: path.read_text("utf-8") for name, path in shipped.items()} or self.files[side.framework].texts
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        owner = limits.TRUSTED_UID if trusted else limits.WORKER_UID
        scratch = self.folder(writable=True)
        (scratch / "home").mkdir()
        for path in (scratch, scratch / "home"):
            _give(path, owner)
        return Code(folder, side.modules, scratch, trusted)

    def text(self, side: Side, name: str) -> str:
        """A file of the hand-in beside its task file, as text. Raises Failed when it is not there, or no text."""
        file = self.files[side.framework]
        if name not in file.texts:
            raise Failed(f"{file.lacking.get(name, file.note)}.", next=f"hand in a {name} that can be read")
        return file.texts[name]

    def worker(self, side: Side, settings: Settings, *, trusted: bool) -> Worker:
        """Start a worker. Raises Failed when the task file cannot be used, GraderFault when we cannot start one."""
        return self._started(side, lambda server, code: Worker(server, code, settings), trusted=trusted)

    def ranks(self, side: Side, count: int, settings: Settings, *, trusted: bool) -> Ranks:
        """Start a group of workers that share a scratch folder; raises as `worker`."""
        return self._started(side, lambda server, code: Ranks(server, code, count, settings), trusted=trusted)

    def _started(self, side: Side, start: Callable[[ForkServer, Code], _Started], *, trusted: bool) -> _Started:
        if not trusted and (file := self.files[side.framework]).state in ("missing", "refused"):
            self.broken[side.framework] = file.note
            raise Failed(f"{file.note}.", next=f"hand in a {side.task} that can be read")
        server = self._servers.setdefault(side.imports, ForkServer(side.imports))
        try:
            return start(server, self.code(side, trusted=trusted))
        except Failed as failed:
            self.broken[side.framework] = f"{side.task} cannot be imported"
            raise failed from None

    def folder(self, *, writable: bool) -> Path:
        """A new folder that workers can read, and write when `writable`."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="grader-"))
            self._folder.chmod(0o711)
            check_readable(ROOT)
        self._count += 1
        path = self._folder / str(self._count)
        path.mkdir(mode=0o755)
        if writable:
            _give(path, limits.WORKER_UID)
        return path

    def close(self) -> None:
        """End every process of this bench and remove its folder."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        if self._folder is not None:
            _remove(self._folder)
            self._folder = None


def given_module(assignment: Assignment, name: str) -> types.ModuleType:
    """A given module of the assignment that needs no framework, loaded into the grader (the course's own copy)."""
    spec = util.spec_from_file_location(f"{assignment.name}.{name}", assignment.folder / f"{name}.py")
    if spec is None or spec.loader is None:
        raise GraderFault(f"{assignment.name} has no {name}.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_readable(path: Path) -> None:
    """As root, workers run as another user: raise UsageError when that user cannot reach `path`."""
    if os.geteuid() != 0:
        return
    for folder in (path, *path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise UsageError(
                f"As root, hand-ins run as the ordinary user {limits.WORKER_UID}, who cannot enter {folder}.\n"
                f"Put the repository somewhere else (/opt, /srv), or: chmod o+x {folder}"
            )


def _blank(framework: str, check: Check) -> dict[str, Any]:
    """A check's entry without a verdict."""
    return {
        "id": check.id,
        "framework": framework,
        "claim": check.claim,
        "points": check.points,
        "rests_on": check.rests_on,
        "verdict": None,
    }


def _remove(folder: Path) -> None:
    """Not rmtree: it recurses, and a hand-in can nest folders deeper than Python does."""
    for words in (["rm", "-rf"], ["chmod", "-R", "u+rwX"], ["rm", "-rf"]):  # nobody but root can empty a hidden folder
        if folder.exists():
            subprocess.run([*words, "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _give(folder: Path, owner: int) -> None:
    if os.geteuid() == 0:
        os.chown(folder, owner, owner)


def _file_entry(assignment: Assignment, file: TaskFile) -> dict[str, Any]:
    start, solution = assignment.start(file.side), assignment.solution(file.side)
    like = likeness.note(file, start, solution)
    return {
        "name": file.side.task,
        "framework": file.side.framework,
        "key": key(assignment, [file]),
        "state": file.state,
        "note": file.note,
        "untouched": list(file.untouched),
        "todos": file.todos,
        **({"like_solution": like} if like else {}),
    }


def key(assignment: Assignment, files: list[TaskFile]) -> str:
    """Digest of all that decides the results of these files: they, the assignment's own files, the grader."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.digest.encode())
    own = {name for side in assignment.sides for name in side.files}
    for path in sorted((*assignment.folder.glob("*"), *(ROOT / "grader").rglob("*.py"))):
        if path.is_file() and path.suffix in (".py", ".toml", ".sh") and path.name not in own:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
