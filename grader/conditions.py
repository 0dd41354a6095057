"""Under which conditions a pair was timed: what others did to these cores, the quota, the disk and the GPU meanwhile.

Every pair of results.json carries them, the unfair ones too, which are repeated.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
from pathlib import Path
from typing import Any

from grader import machine, quiet

MAX_THROTTLED = 0.02
"""Share of a pair that a CPU quota (cgroup) may stop us."""
SLOWED = 0x08 | 0x20 | 0x40 | 0x80
"""NVML's reasons for a lower clock that make a timing unfair: hardware slowdown, heat (software, hardware), power brake
(nvmlClocksEventReasons; the power cap, 0x04, is how a busy GPU normally runs).
"""
_CGROUPS = Path("/sys/fs/cgroup")


class Conditions:
    """Watches from its making to `end`.

    `one_core`: both sides have a single core each, so that others slow both alike: noise, and no reason to repeat.
    """

    def __init__(self, *, one_core: bool = False) -> None:
        self._one_core = one_core
        self._neighbours = quiet.Neighbours()
        self._throttled, self._disk = throttled_s(), disk_bytes()

    def end(self) -> dict[str, Any]:
        """What was seen, as a pair keeps it; `unfair` with the reason where the pair does not count."""
        wall = self._neighbours.wall_s()
        seen: dict[str, Any] = {
            "others": round(self._neighbours.share(), 3),
            "throttled_s": round(throttled_s() - self._throttled, 3),
            "disk_mib": round((disk_bytes() - self._disk) / 2**20, 1),
        }
        if machine.gpus():
            seen["gpu"] = gpu_state()
        if reason := _unfair(seen, wall, math.inf if self._one_core else quiet.LIMIT):
            seen["unfair"] = reason
        return seen


def _unfair(seen: dict[str, Any], wall: float, most_others: float) -> str:
    if seen["others"] > most_others:
        return "other programs used these cores"
    if seen["throttled_s"] > MAX_THROTTLED * wall:
        return "the CPU quota of this job was used up"
    gpu = seen.get("gpu", {})
    if gpu.get("processes"):
        return "other programs used the GPU"
    if gpu.get("reasons", 0) & SLOWED:
        return "the GPU lowered its clock"
    return ""


def throttled_s() -> float:
    """Seconds that our control group, or one above it, was stopped for its CPU quota (cgroup v2, cpu.stat)."""
    total = 0
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        path = next((line.split("::", 1)[1] for line in lines if line.startswith("0::")), "/")
        folder = _CGROUPS / path.strip("/")
        for place in (folder, *folder.parents):
            if not place.is_relative_to(_CGROUPS):
                break
            with contextlib.suppress(OSError):
                fields = dict(line.split() for line in (place / "cpu.stat").read_text().splitlines())
                total += int(fields.get("throttled_usec", 0))
    return total / 1e6


def disk_bytes() -> int:
    """Bytes that our processes have read from storage rather than from the page cache: more than nothing is cold."""
    total = 0
    for pid in quiet.ours():
        with contextlib.suppress(OSError, ValueError):
            for line in Path(f"/proc/{pid}/io").read_text().splitlines():
                if line.startswith("read_bytes:"):
                    total += int(line.split()[1])
    return total


def gpu_state() -> dict[str, int]:
    """Clock in MHz, temperature in degrees Celsius, NVML's reasons for a lower clock, and processes of others on the
    first GPU that is visible; empty when nvidia-smi does not answer.
    """
    try:
        clock, heat, reasons = _smi("gpu=clocks.sm,temperature.gpu,clocks_throttle_reasons.active").split(",")
        others = {int(pid) for pid in _smi("compute-apps=pid").split()} - set(quiet.ours())
        return {"mhz": int(clock), "celsius": int(heat), "reasons": int(reasons, 16), "processes": len(others)}
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _smi(query: str) -> str:
    first = (machine.chosen_gpus() or ["-i", "0"])[1].partition(",")[0]
    command = ["nvidia-smi", f"--query-{query}", "--format=csv,noheader,nounits", "-i", first]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
