"""Is a model of 80 blocks what 2 and 4 blocks say? One simulated step of Llama 3 70B, in full and extrapolated.

    python benchmarks/fsdp_scale.py [ranks ...]       (default: 8 64 1024; needs torch, a few minutes and 1 GB)

Assignment 06 simulates a step with 2 and with 4 blocks and goes on in a straight line. Here the same is done with all
80, and every number has to be equal: bytes per rank by kind, peaks of whole parameters and gradients, and collectives.
"""

from __future__ import annotations

import platform
import resource
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[1]
PARTS = "solutions/06_fsdp", "assignments/06_fsdp", "."
LAYERS = 80


def flat(found: dict[str, Any], name: str = "") -> dict[str, float]:
    """Nested numbers by path."""
    numbers = {}
    for key, value in found.items():
        path = f"{name}{key}"
        numbers |= flat(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return numbers


def compare(workload: ModuleType, sizes: list[int], ranks: int) -> float:
    """Print both for one number of ranks; the largest relative difference."""
    begin = time.perf_counter()
    few, more = (flat(workload.simulate([layers, *sizes[1:]], ranks)) for layers in (2, 4))
    line = {key: few[key] + (more[key] - few[key]) / 2 * (LAYERS - 2) for key in more}
    between = time.perf_counter()
    full = flat(workload.simulate(sizes, ranks))
    end = time.perf_counter()
    print(f"{ranks} ranks: 2 and 4 blocks {between - begin:.1f} s, {LAYERS} blocks {end - between:.1f} s")
    for key, value in full.items():
        print(f"  {key:28} {value:>16,.0f} {line[key]:>16,.0f}{'' if value == line[key] else '  differs'}")
    return max(abs(line[key] - value) / max(value, 1) for key, value in full.items())


def main() -> None:
    """Compare for each number of ranks; exit status 1 when something differs."""
    sys.path[:0] = [str(ROOT / part) for part in PARTS]
    import llama
    import workload

    print(f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}")
    worst = max(
        compare(workload, list(llama.Shape()), ranks) for ranks in map(int, sys.argv[1:] or ["8", "64", "1024"])
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"largest relative difference {worst:.1e}; peak memory {memory:.2f} GB")
    sys.exit(worst > 0)


if __name__ == "__main__":
    main()
