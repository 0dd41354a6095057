"""The physical floor of a timed call: what no machine of this kind can do faster. Less is held for a person to see.

A floor is generous on purpose: it stops clocks that lie and work that was not done, not clever code. Upper bounds for a
core: 6 GHz (above what is sold), 64 float32 operations a cycle (two AVX-512 units, 16 lanes, multiply and add; Intel
64-ia-32 optimization manual), 2,048 for 16-bit formats (AMX: 16 x 16 x 32 multiply-adds in 16 cycles and their double),
128 bytes a cycle to or from its first cache (two loads of 64). For a GPU: the highest rate that the lesson's table has.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader import gpus
from grader.verdict import NotMeasured

CLOCK_HZ = 6e9
OPERATIONS = {"float64": 32, "float32": 64, "bfloat16": 2048, "float16": 2048}
"""Floating-point operations of one core in one cycle, by format."""
BYTES = 128


@dataclass(frozen=True)
class Floor:
    """The least seconds of one call, and the sentence that says why."""

    seconds: float
    why: str


def arithmetic(operations: float, dtype: str, cores: int) -> Floor:
    """Of a call that does so many floating-point operations on `cores` CPU cores."""
    peak = CLOCK_HZ * OPERATIONS[dtype] * cores
    return Floor(operations / peak, f"{operations:.2g} operations in {dtype} at {peak / 1e12:.2g} TFLOP/s")


def traffic(count: float, cores: int) -> Floor:
    """Of a call that moves so many bytes through `cores` CPU cores."""
    peak = CLOCK_HZ * BYTES * cores
    return Floor(count / peak, f"{count:.2g} bytes at {peak / 1e9:.0f} GB/s")


def on_gpu(operations: float, name: str) -> Floor | None:
    """Of a call that does so many operations on a GPU of this name; None where the table does not know its peaks."""
    try:
        peaks = [peak for peak in gpus.find(name).peaks.values() if peak]
    except NotMeasured:
        return None
    if not peaks:
        return None
    return Floor(operations / (max(peaks) * 1e12), f"{operations:.2g} operations at {max(peaks):g} TFLOP/s")
