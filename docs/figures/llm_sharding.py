"""Draws the figure of lesson 07: what a 70B model takes on each of several GPUs, and the fastest it can decode.

    python docs/figures/llm_sharding.py        writes assignments/07_llm_sharding/figure.svg

Nothing is measured. The sizes are those of Llama 3 70B's configuration, the GPUs those of grader/gpus.csv, and the rate
is the bound of the lesson: each step of decoding reads the weights and the cache once.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grader import gpus

TARGET = Path(__file__).resolve().parents[2] / "assignments" / "07_llm_sharding" / "figure.svg"

LAYERS, HIDDEN, INTERMEDIATE, HEADS, KV_HEADS, VOCABULARY = 80, 8192, 28672, 64, 8, 128256
HEAD, BYTES = HIDDEN // HEADS, 2
TOKENS, PROMPTS = 8192, 16
"""Of each prompt with its answer; prompts of the left panel."""
RANKS = (1, 2, 4, 8)
LINES = ("A40", "A100-80GB (A100fat)", "GH200-96GB")
"""Rows of the table, four of each in the right panel."""
LABELS = ("A40", "A100-80GB", "GH200-96GB")
FREE = 0.1
"""Share of a GPU's memory that is left for everything else."""

# Okabe and Ito's colours, with hatches and dashes for colour-blind readers and for print.
WEIGHTS = {"facecolor": "#56B4E9", "edgecolor": "#0b3c5a"}
CACHE = {"facecolor": "#E69F00", "edgecolor": "#5c3f00", "hatch": "////"}
STYLES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."))
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
SETTINGS = {"svg.hashsalt": "llm", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.7}


def weights() -> int:
    """Bytes of all weights."""
    attention = 2 * HIDDEN * HEAD * (HEADS + KV_HEADS)
    layer = attention + 3 * HIDDEN * INTERMEDIATE + 2 * HIDDEN
    return BYTES * (LAYERS * layer + 2 * VOCABULARY * HIDDEN + HIDDEN)


def cache(prompts: float) -> float:
    """Bytes of keys and values."""
    return 2 * LAYERS * KV_HEADS * HEAD * prompts * TOKENS * BYTES


def find(name: str) -> gpus.Gpu:
    return next(gpu for gpu in gpus.table() if gpu.name == name)


def draw_sizes(axes: Axes) -> None:
    """A bar per number of ranks, and what GPUs have."""
    places = range(len(RANKS))
    held = [weights() / ranks / 1e9 for ranks in RANKS]
    kept = [cache(PROMPTS) / ranks / 1e9 for ranks in RANKS]
    axes.bar(places, held, 0.62, linewidth=0.6, label="weights", **WEIGHTS)
    axes.bar(places, kept, 0.62, bottom=held, linewidth=0.6, label=f"cache of {PROMPTS} x {TOKENS:,} tokens", **CACHE)
    for place, one, more in zip(places, held, kept, strict=True):
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        axes.text(place, one + more + 4, f"{one + more:.0f} GB", ha="center", fontsize=10, bbox=box)
    for name, label in zip(LINES, LABELS, strict=True):
        memory = find(name).memory_gb or 0
        axes.axhline(memory, color="black", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.text(3.42, memory + 1.5, f"{label}: {memory:g}", ha="right", va="bottom", fontsize=9)
    axes.set_xticks(places, [str(ranks) for ranks in RANKS], fontsize=10)
    axes.set_xlabel("GPUs that share the model (TP)", fontsize=10)
    axes.set_ylim(0, 205)
    axes.set_ylabel("GB on each GPU", fontsize=10)
    axes.set_title("Llama 3 70B in bfloat16", loc="left", fontsize=11, fontweight="bold", pad=22)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2, fontsize=9, frameon=False, handlelength=1.4,
                columnspacing=1.0, borderaxespad=0)  # fmt: skip


def draw_bound(axes: Axes, ranks: int = 4) -> None:
    """Tokens per second at most, as more prompts are answered together; a line ends where the memory is full."""
    places = ((9, -4), "left"), ((14, -46), "right"), ((2, 9), "right")
    for name, label, (colour, dashes), (place, align) in zip(LINES, LABELS, STYLES, places, strict=True):
        gpu = find(name)
        room = (1 - FREE) * (gpu.memory_gb or 0) * 1e9 * ranks - weights()
        most = int(room // cache(1))
        prompts = np.arange(1, most + 1)
        rate = prompts * (gpu.bandwidth_gb_s or 0) * 1e9 * ranks / (weights() + cache(prompts))
        axes.plot(prompts, rate, color=colour, linestyle=dashes, linewidth=2)
        axes.plot(prompts[-1], rate[-1], "o", color=colour, markersize=5)
        axes.annotate(
            f"{label}: {most} fit", (prompts[-1], rate[-1]), place, textcoords="offset points", fontsize=9, ha=align
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"], fontsize=10)
    axes.set_yticks([30, 100, 300, 1000, 3000], ["30", "100", "300", "1,000", "3,000"], fontsize=10)
    axes.minorticks_off()
    axes.set_ylim(12, 6000)
    axes.set_xlim(0.8, 90)
    axes.set_xlabel(f"prompts of {TOKENS:,} tokens, answered together", fontsize=10)
    axes.set_ylabel("tokens per second, at most", fontsize=10)
    axes.set_title(f"On {ranks} GPUs: the bound", loc="left", fontsize=11, fontweight="bold", pad=22)


def figure() -> Figure:
    """Sizes on the left, the bound on the right."""
    drawing = Figure(figsize=(8, 3.9), facecolor="white", layout="constrained")
    left, right = drawing.subplots(1, 2)
    draw_sizes(left)
    draw_bound(right)
    for axes in (left, right):
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    title = "Memory per GPU and the bound on decoding for a 70B model"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/llm_sharding.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
