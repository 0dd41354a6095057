"""The GPUs of the NAISS systems: gpus.csv, read once, and the lesson's table made from it.

    python -m grader.gpus        prints the Markdown table of assignments/02_precision/README.md

Peaks are dense (not sparse) TFLOP/s per device; a blank is unknown, or absent in the hardware (TF32 on a V100).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.verdict import NotMeasured

TABLE = Path(__file__).with_name("gpus.csv")
CONFIRMED = "confirmed"
PEAKS = {"float64": "fp64", "float32": "fp32", "tfloat32": "tf32", "float16": "fp16", "bfloat16": "bf16"}
"""Column of the peak rate, by the arithmetic of a matrix product."""


@dataclass(frozen=True)
class Gpu:
    """One row of the table."""

    name: str
    systems: str
    request: str
    memory_gb: float | None
    bandwidth_gb_s: float | None
    peaks: dict[str, float | None]
    """Peak rate in TFLOP/s by arithmetic, see PEAKS; None where there is no such unit or nothing is known."""
    capability: tuple[int, int]
    """What `torch.cuda.get_device_capability` reports; ROCm reports (9, 0) for all of AMD's rows."""
    device_name: str
    """The beginning of what `torch.cuda.get_device_name` reports."""
    training_dtypes: frozenset[str]
    """The 16-bit formats to train in; empty where nobody has confirmed it."""
    confidence: str
    source: str
    notes: str

    @property
    def short_name(self) -> str:
        """The name without its vendor, for example A100."""
        return self.device_name.rpartition(" ")[2]

    @property
    def has_tf32(self) -> bool:
        """Whether the hardware has TF32 units: NVIDIA from compute capability 8.0."""
        return self.device_name.startswith("NVIDIA") and self.capability >= (8, 0)


@cache
def table() -> tuple[Gpu, ...]:
    """All rows, in the order of the file."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(_gpu(row) for row in csv.DictReader(file))


def find(device_name: str) -> Gpu:
    """The first row whose name is a word of the device's name (a GH200 is no H200, an A4000 no A40).

    Raises NotMeasured when the table has none.
    """
    for gpu in table():
        if re.search(rf"\b{re.escape(gpu.short_name)}\b", device_name, re.IGNORECASE):
            return gpu
    raise NotMeasured(f"{TABLE.name} does not know a {device_name}.", next="add a row for it, with its source")


def _gpu(row: dict[str, str]) -> Gpu:
    capability = "9.0" if row["capability"].startswith("gfx9") else row["capability"]
    major, minor = map(int, capability.split("."))
    return Gpu(
        name=row["gpu"],
        systems=row["systems"],
        request=row["request"],
        memory_gb=_number(row["memory_gb"]),
        bandwidth_gb_s=_number(row["bandwidth_gb_s"]),
        peaks={arithmetic: _number(row[column]) for arithmetic, column in PEAKS.items()},
        capability=(major, minor),
        device_name=row["device_name"],
        training_dtypes=frozenset(row["training_dtypes"].split()),
        confidence=row["confidence"],
        source=row["source"],
        notes=row["notes"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def markdown() -> str:
    """The lesson's table, with a numbered note for every row that is not confirmed."""
    head = ("GPU", "where", "GB", "GB/s", *(k.upper() for k in PEAKS.values()), "capability", "train in")
    lines = [_row(head), _row(["---"] * len(head))]
    notes: list[str] = []
    for gpu in table():
        mark = ""
        if gpu.confidence != CONFIRMED:
            notes.append(f"[{len(notes) + 1}] {gpu.name}: {gpu.confidence}.")
            mark = f" [{len(notes)}]"
        peaks = [_cell(gpu.peaks[arithmetic]) for arithmetic in PEAKS]
        where = "; ".join(part.partition(" (")[0].strip() for part in _systems(gpu.systems))
        sizes = [_cell(gpu.memory_gb), _cell(gpu.bandwidth_gb_s)]
        dtypes = ", ".join(sorted(gpu.training_dtypes))
        capability = "ROCm" if gpu.device_name.startswith("AMD") else ".".join(map(str, gpu.capability))
        lines.append(_row((gpu.name + mark, where, *sizes, *peaks, capability, dtypes)))
    return "\n".join([*lines, "", "Not confirmed:", *(f"{note}  " for note in notes)])


def _systems(text: str) -> list[str]:
    """The systems of a row; a semicolon inside brackets separates counts, not systems."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == ";" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print(markdown())
