"""What this machine is, as far as verdicts depend on it: cores allowed, GPUs, versions. No framework is imported."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def cores() -> list[int]:
    """CPU cores that this process may use (its affinity, which a Slurm allocation sets)."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@cache
def gpus() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that jobs of this process can see; empty without a driver."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "any").strip() in ("", "-1") or not shutil.which("nvidia-smi"):
        return ()
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", *chosen_gpus()]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def chosen_gpus() -> list[str]:
    """Arguments of nvidia-smi that restrict it to CUDA_VISIBLE_DEVICES, where that names GPUs by number or UUID."""
    names = os.environ.get("CUDA_VISIBLE_DEVICES", "").replace(" ", "")
    return ["-i", names] if re.fullmatch(r"(\d+|GPU-[\w-]+)(,(\d+|GPU-[\w-]+))*", names) else []


@cache
def fast_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16 products (AVX512-BF16, AMX, Arm's BF16), as Linux lists them."""
    try:
        listed = Path("/proc/cpuinfo").read_text("utf-8", "replace").split()
    except OSError:
        return False
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(listed)


def version(package: str) -> str | None:
    """Installed version of a package, without importing it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def older(found: str | None, least: str) -> bool:
    """Whether a version is older than another, by its numbers; one that cannot be told is not."""
    numbers = [[int(n) for n in re.findall(r"\d+", (text or "").partition("+")[0])[:3]] for text in (found, least)]
    return bool(numbers[0]) and numbers[0] < numbers[1]


def facts() -> dict[str, str | int | None]:
    """What results.json records about the machine; nothing that names a person or a host."""
    return {
        "cores": len(cores()),
        "gpu": ", ".join(gpus()) or None,
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "tensorflow": version("tensorflow"),
    }


def describe(known: Mapping[str, Any] | None = None) -> str:
    """One line for people, for example `2 cores, no GPU`: of this machine, or of the one whose `facts` are given."""
    shown: Mapping[str, Any] = known or facts()
    count = shown["cores"]
    return f"{count} core{'s' if count > 1 else ''}, {shown['gpu'] or 'no GPU'}"
