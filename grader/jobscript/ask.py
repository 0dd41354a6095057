"""What a script asks for, as numbers: GPUs, time, array indices. None is guessed; what cannot be read is None or 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.jobscript.options import Directive
from grader.jobscript.script import Script

GPU_OPTIONS = ("gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket")
MOST = 16
"""Types in one request that are looked at."""
_GPU = re.compile(r"(?:(?P<type>[A-Za-z][\w.-]*):)?(?P<count>\d{1,6})|(?P<only>[A-Za-z][\w.-]*)")
_GRES = re.compile(r"(?:gres[/:])?gpu(?:[:=](?P<rest>.*))?")
_TIMES = (
    r"(?P<m>\d+)(?::(?P<s>\d+))?",
    r"(?P<h>\d+):(?P<m>\d+):(?P<s>\d+)",
    r"(?P<d>\d+)-(?P<h>\d+)(?::(?P<m>\d+)(?::(?P<s>\d+))?)?",
)
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?")


@dataclass(frozen=True)
class Gpus:
    """One GPU request: `--gpus=2`, `--gpus-per-node=A40:1`, `--gres=gpu:2` ..."""

    directive: Directive
    type: str
    count: int
    """0 where the value cannot be read."""

    def per_node(self, nodes: int, tasks_per_node: int) -> int:
        """GPUs on each node of the job."""
        if self.directive.option == "gpus":
            return -(-self.count // max(1, nodes))
        return self.count * (tasks_per_node if self.directive.option.endswith("per-task") else 1)


def gpus(script: Script) -> Iterator[Gpus]:
    """The GPU requests of a script, types of one option apart."""
    for name in GPU_OPTIONS:
        if directive := script.last(name):
            for part in directive.value.split(",", MOST)[:MOST]:
                yield _gpus(directive, part)
    for name in ("gres", "tres-per-task"):
        if directive := script.last(name):
            for part in directive.value.split(",", MOST)[:MOST]:
                if gres := _GRES.fullmatch(part):
                    yield _gpus(directive, gres["rest"] or "1")


def _gpus(directive: Directive, value: str) -> Gpus:
    # A type alone is one GPU of it.
    if read := _GPU.fullmatch(value):
        return Gpus(directive, read["type"] or read["only"] or "", int(read["count"] or 1))
    return Gpus(directive, "", 0)


def seconds(value: str) -> float | None:
    """A time limit as Slurm reads it: minutes, m:s, h:m:s, d-h, d-h:m, d-h:m:s; infinite for 0; None for no time."""
    if value.lower() in ("unlimited", "infinite", "0", "-1"):
        return float("inf")
    for form in _TIMES:
        if len(value) < 40 and (read := re.fullmatch(form, value)):
            part = {k: int(v or 0) for k, v in read.groupdict().items()}
            return ((part.get("d", 0) * 24 + part.get("h", 0)) * 60 + part.get("m", 0)) * 60 + part.get("s", 0)
    return None


def clock(value: float) -> str:
    """Seconds as Slurm writes a time limit: 0:10:00, 3-00:00:00."""
    minutes, second = divmod(int(value), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{f'{days}-{hour:02}' if days else hour}:{minute:02}:{second:02}"


def array(value: str) -> tuple[int, int] | None:
    """Largest index of an --array, and how many run at a time (0: all); None for what is no list of indices."""
    indices, percent, limit = value.partition("%")
    largest = 0
    for part in indices.split(","):
        read = _RANGE.fullmatch(part)
        if not read or int(read[2] or read[1]) < int(read[1]):
            return None
        largest = max(largest, int(read[2] or read[1]))
    if percent and not re.fullmatch(r"\d{1,9}", limit):
        return None
    return largest, int(limit or 0)
