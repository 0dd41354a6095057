"""The assignments that exist: their folders, their assignment.toml, their files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader import machine, schema, todo
from grader.errors import UsageError

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENTS = ROOT / "assignments"
SOLUTIONS = ROOT / "solutions"
SELF_CHECKS = ROOT / "build" / "self-check"
"""Where results of self-checks are kept, a folder per assignment."""
START = "start"
"""Folder of an assignment that holds its task files as shipped: what `diff`, `reset` and the baseline use."""


@dataclass(frozen=True)
class Target:
    """The speedup that a measured check asks for on one class of hardware, and where the figure comes from."""

    check: str
    hardware: str
    speedup: float
    source: str


@dataclass(frozen=True)
class Side:
    """One framework's side of an assignment."""

    framework: str
    imports: tuple[str, ...]
    """Packages that it needs, and modules of them that its workers would otherwise import one by one."""
    given: tuple[str, ...]
    """Files of the course that stand beside the task in the worker; the first module holds the entry points."""
    task: str
    targets: tuple[Target, ...]
    least: dict[str, str] = field(default_factory=dict, hash=False)
    """The oldest version of a package that this side runs with, where not any will do."""
    also: tuple[str, ...] = ()
    """Further files that students edit: a job script."""

    @property
    def files(self) -> tuple[str, ...]:
        """All files that students edit; the task file is the first."""
        return (self.task, *self.also)

    @property
    def test(self) -> str:
        """File name of this side's checks."""
        return f"test_{'tf' if self.framework == 'tensorflow' else self.framework}.py"

    @property
    def missing(self) -> str:
        """Why this side cannot run here: the first package that is not installed or too old. Empty when it can."""
        for package in dict.fromkeys(name.partition(".")[0] for name in self.imports):
            least = self.least.get(package, "")
            if find_spec(package) is None:
                return f"{package} is not installed here"
            if least and machine.older(found := machine.version(package), least):
                return f"{package} {found} is too old: this needs {least} or newer"
        return ""

    @property
    def remedy(self) -> str:
        """What installs what is missing."""
        package = self.missing.partition(" ")[0]
        least = f">={self.least[package]}" if package in self.least else ""
        return f"pip install '{package}{least}'" if least else f"pip install {package}"

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules that a worker imports: the workload, then the task."""
        return (Path(self.given[0]).stem, Path(self.task).stem)


@dataclass(frozen=True)
class Assignment:
    """One folder below assignments/."""

    folder: Path
    title: str
    minutes: int
    sides: tuple[Side, ...]

    @property
    def name(self) -> str:
        """Folder name, for example 03_data_loading."""
        return self.folder.name

    @property
    def number(self) -> str:
        """The numeric prefix, for example 03."""
        return self.name.partition("_")[0]

    def side(self, framework: str) -> Side:
        """The side of that framework; KeyError when the topic has none."""
        return {s.framework: s for s in self.sides}[framework]

    def start(self, side: Side, name: str = "") -> Path:
        """A file as shipped: the task file, or another one of this side."""
        return self.folder / START / (name or side.task)

    def solution(self, side: Side, name: str = "") -> Path:
        """The same solved (absent in the student edition)."""
        return SOLUTIONS / self.name / (name or side.task)

    def file_of(self, side: Side, number: int) -> str:
        """Name of the file of this side that has TODO(number); the task file when none has."""
        has = (n for n in side.also if number in todo.regions(self.start(side, n).read_text("utf-8"), n))
        return next(has, side.task)


def folders(parent: Path = ASSIGNMENTS) -> list[Path]:
    """All assignment folders in order."""
    return sorted(f for f in parent.glob("[0-9]*_*") if f.is_dir())


def expand(prefix: str, parent: Path = ASSIGNMENTS) -> Path:
    """The one assignment folder that `prefix` names: `03`, `3`, `03_data` or the whole name. Raises UsageError."""
    known = folders(parent)
    wanted = prefix.strip("/")
    found = [f for f in known if f.name == wanted] or [f for f in known if f.name.startswith(wanted)]
    if not found and wanted.isdigit():
        found = [f for f in known if int(f.name.partition("_")[0]) == int(wanted)]
    if len(found) == 1 and wanted:
        return found[0]
    listed = ", ".join(f.name for f in found or known) or f"none in {parent}"
    problem = "fits several assignments" if found else "fits no assignment"
    raise UsageError(f"'{wanted}' {problem}: {listed}. For example: pytest assignments/03")


def load(folder: Path) -> Assignment:
    """Read an assignment's folder. Raises UsageError when its assignment.toml is missing or broken."""
    path = folder / "assignment.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{folder.name} has no assignment.toml: not an assignment") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{_short(path)} cannot be read: {error}") from None
    if found := schema.problems(data, "assignment"):
        raise UsageError(f"{_short(path)}: {found[0]}" + (f" (and {len(found) - 1} more)" if found[1:] else ""))
    sides = tuple(_side(name, data[name]) for name in ("torch", "tensorflow") if name in data)
    return Assignment(folder, data["title"], data["minutes"], sides)


def find(prefix: str, parent: Path = ASSIGNMENTS) -> Assignment:
    """`expand`, then `load`."""
    return load(expand(prefix, parent))


def _side(framework: str, data: dict[str, Any]) -> Side:
    targets = tuple(Target(t["check"], t["hardware"], float(t["speedup"]), t["source"]) for t in data.get("target", []))
    files = tuple(data["given"]), data["task"], targets
    least, also = data.get("least", {}), tuple(data.get("also", []))
    return Side(framework, tuple(data["imports"]), *files, least=least, also=also)


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
