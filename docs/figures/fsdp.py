"""Draws assignments/06_fsdp/figure.svg: whole parameters during a step, and the memory of a rank for Llama 3 70B.

Above: a simulated step of a small Llama of 8 blocks, looked at before every operator (grader.probes.scale), the second
one, since FSDP prepares itself in the first. Below: the sum that TODO(8) asks for, and the memory of GPUs from
grader/gpus.csv. Run it from anywhere:  python docs/figures/fsdp.py  (needs torch and matplotlib; the same versions give
the same bytes)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.functional import cross_entropy

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("assignments/06_fsdp", ".")]

import llama  # noqa: E402

from grader import gpus  # noqa: E402
from grader.probes.scale import Unsharded, simulated, without_data  # noqa: E402

TARGET = ROOT / "assignments" / "06_fsdp" / "figure.svg"
SMALL = llama.Shape(layers=8, hidden=256, ffn=1024, heads=8, kv_heads=4, vocabulary=256)
RANKS = (8, 16, 32, 64, 128, 256, 512, 1024)

# Okabe and Ito's colours; lines differ in their dashes and bars in their hatches, too: for colour-blind readers.
LINES = {
    "not cut (DDP)": {"color": "#555555", "linestyle": (0, (1, 1.5))},
    "cut, the root only": {"color": "#D55E00", "linestyle": (0, (5, 2))},
    "cut, each block and the root": {"color": "#0072B2", "linestyle": "-"},
}
KINDS = {
    "weights": {"facecolor": "#0072B2"},
    "gradients": {"facecolor": "#56B4E9", "hatch": "////"},
    "AdamW's state": {"facecolor": "#009E73"},
    "whole at one time": {"facecolor": "#E69F00", "hatch": "xxx"},
}
MEMORY = {"H200-SXM-141GB": "H200", "GH200-96GB": "GH200", "A100-40GB (SXM)": "A100-40GB", "T4": "T4"}
PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
SETTINGS = {"svg.hashsalt": "fsdp", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.6}


class Trace(Unsharded):
    """Keeps the number of whole parameters before every operator."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self.seen: list[int] = []

    def look(self) -> None:
        """Count, and note it."""
        self._peak["parameters"] = 0
        super().look()
        self.seen.append(self._peak["parameters"] // 4)


def step(cut: str) -> tuple[list[float], int]:
    """Whole parameters before each operator of a step, in % of all; and the operator that begins the backward pass."""
    with simulated(8) as mesh:
        with torch.device("meta"):
            model = llama.Llama(SMALL)
        for block in model.blocks if cut.endswith("block and the root") else []:
            fully_shard(block, mesh=mesh)
        if cut.startswith("cut"):
            fully_shard(model, mesh=mesh)
        with without_data():
            model.to_empty(device="cpu")
            tokens = torch.zeros(1, 8, dtype=torch.int64)
            for _ in range(2):
                with Trace(model) as trace:
                    loss = cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())
                    turn = len(trace.seen)
                    loss.backward()
                    trace.look()
    total = SMALL.layers * SMALL.block_parameters + SMALL.root_parameters
    return [100 * seen / total for seen in trace.seen], turn


def stretched(count: int, turn: int) -> list[float]:
    """Places of operators on an axis from 0 to 1 on which every backward pass begins at 0.4."""
    return [0.4 * at / turn if at < turn else 0.4 + 0.6 * (at - turn) / (count - turn) for at in range(count)]


def draw_step(axes: Axes) -> None:
    """Whole parameters before every operator of a step."""
    for name, style in LINES.items():
        seen, turn = step(name)
        corners = [at for at in range(len(seen)) if at in (0, len(seen) - 1) or seen[at] != seen[at - 1]]
        places = stretched(len(seen), turn)
        axes.step([places[at] for at in corners], [seen[at] for at in corners], where="post", label=name, **style)
    axes.axvline(0.4, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.text(0.39, 111, "forward", ha="right", fontsize=10)
    axes.text(0.41, 111, "backward", ha="left", fontsize=10)
    axes.set_ylim(0, 122)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlabel("operators of one step, in their order", fontsize=10)
    axes.set_ylabel("% of the parameters", fontsize=10)
    axes.set_title("Whole parameters on a rank: 8 blocks", loc="left", fontsize=11, fontweight="bold", pad=6)
    axes.legend(fontsize=10, frameon=False, loc="center", bbox_to_anchor=(0.62, 0.5), handlelength=3)


def draw_memory(axes: Axes) -> None:
    """A bar per number of ranks, and what GPUs have."""
    shape = llama.Shape()
    outside, block = shape.root_parameters, shape.block_parameters
    cut, bottom = (outside + shape.layers * block) / 1e9, [0.0] * len(RANKS)
    for each, (name, style) in zip((4, 4, 8, 0), KINDS.items(), strict=True):
        sizes = [each * cut / ranks if each else (outside + block) * 2 / 1e9 for ranks in RANKS]
        axes.bar(range(len(RANKS)), sizes, 0.66, bottom=bottom, label=name, edgecolor="black", linewidth=0.5, **style)
        bottom = [below + size for below, size in zip(bottom, sizes, strict=True)]
    for place, total in enumerate(bottom):
        axes.text(place, total + 2.5, f"{total:.0f}", ha="center", fontsize=10, bbox=PLAIN)
    memory: dict[str, Any] = {gpu.name: gpu.memory_gb for gpu in gpus.table()}
    for name, short in MEMORY.items():
        axes.axhline(memory[name], color="black", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.text(len(RANKS) - 0.45, memory[name] + 1.5, f"{short}: {memory[name]:g} GB", ha="right", fontsize=10)
    axes.set_xticks(range(len(RANKS)), [str(ranks) for ranks in RANKS], fontsize=10)
    axes.set_xlim(-0.6, len(RANKS) - 0.4)
    axes.set_ylim(0, 165)
    axes.set_xlabel("ranks (computed; without activations)", fontsize=10)
    axes.set_ylabel("GB on each rank", fontsize=10)
    axes.set_title("Llama 3 70B with AdamW", loc="left", fontsize=11, fontweight="bold", pad=6)
    axes.legend(fontsize=10, frameon=False, loc="upper left", bbox_to_anchor=(0.3, 0.8))


def figure() -> Figure:
    """A step above, the sum of memory below."""
    drawing = Figure(figsize=(7.2, 6.6), facecolor="white", layout="constrained")
    above, below = drawing.subplots(2, 1, gridspec_kw={"height_ratios": [1, 1.35]})
    draw_step(above)
    draw_memory(below)
    for axes in (above, below):
        axes.tick_params(labelsize=10)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    title = "Whole parameters during a step, and the memory of a rank"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/fsdp.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
