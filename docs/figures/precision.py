"""Draws assignments/02_precision/figure.svg: what each format can hold, and the gradients of a small network.

The gradients are computed in float64 from the seed below: one batch of samples that a perceptron of 64-256-256-10 units
already answers with 99.9999 % and more. Run it from anywhere:  python docs/figures/precision.py   (needs numpy and
matplotlib; the same input gives the same bytes)
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

TARGET = Path(__file__).resolve().parents[2] / "assignments" / "02_precision" / "figure.svg"

SEED, SIZES, BATCH = 2, (64, 256, 256, 10), 256
SPREAD, POOL = 20.0, 1 << 14
"""Factor on the last layer, for a network that is sure of itself; samples among which the batch is picked."""
DOUBT = (1e-8, 1e-6)
"""Probability that the network leaves to all wrong classes together, for a sample of the batch."""
SCALE = 16
"""Power of two of the loss scale: 2^16 is where PyTorch's GradScaler begins."""

FORMATS = {"float32": (8, 23), "TF32": (8, 10), "bfloat16": (8, 7), "float16": (5, 10)}
"""Bits of exponent and of fraction."""
LEFT, RIGHT, STEP = -46, 22, 0.5
"""Window and bin of the histogram, in powers of two."""

# Okabe and Ito's colours; what is lost is hatched too: for colour-blind readers and for print.
HELD = {"facecolor": "#56B4E9", "edgecolor": "#0b3c5a"}
COARSE = {"facecolor": "#c9e4f4", "edgecolor": "#0b3c5a"}
LOST = {"facecolor": "#E69F00", "edgecolor": "#5c3f00", "hatch": "////"}
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
"""The font that lays the figure out. The text stays text, so a browser without that font takes the next one."""
SETTINGS = {"svg.hashsalt": "precision", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.7}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def limits(exponent: int, fraction: int) -> tuple[int, int, int]:
    """Powers of two: the smallest number above 0, the smallest with all its digits, and what is infinite.

    As in IEEE 754: the bias is 2^(exponent bits - 1) - 1, and the smallest numbers have no leading 1.
    """
    bias = 2 ** (exponent - 1) - 1
    return 1 - bias - fraction, 1 - bias, bias + 1


def gradients() -> npt.NDArray[np.float64]:
    """Gradients of all weights for one batch, written out: forward, then backward through two hidden layers."""
    rng = np.random.default_rng(SEED)
    weights = [rng.standard_normal(shape) * math.sqrt(2 / shape[0]) for shape in pairwise(SIZES)]
    weights[-1] *= SPREAD
    outputs = [rng.standard_normal((POOL, SIZES[0]))]
    for weight in weights[:-1]:
        outputs.append(np.maximum(outputs[-1] @ weight, 0))
    logits = outputs[-1] @ weights[-1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    doubt = odds.sum(axis=1) - 1
    batch = np.flatnonzero((doubt > DOUBT[0]) & (doubt < DOUBT[1]))[:BATCH]
    assert len(batch) == BATCH, len(batch)
    error = odds[batch] / odds[batch].sum(axis=1, keepdims=True)
    error[np.arange(BATCH), logits[batch].argmax(axis=1)] -= 1  # the label is what the network answers
    error /= BATCH
    found = []
    for weight, output in zip(reversed(weights), reversed(outputs), strict=True):
        found.append((output[batch].T @ error).ravel())
        error = (error @ weight.T) * (output[batch] > 0)
    values = np.concatenate(found)
    return values[values != 0]


def zeros(values: npt.NDArray[np.float64]) -> float:
    """The part of the numbers that float16 rounds to 0."""
    return float(np.mean(values.astype(np.float16) == 0))


def power(exponent: float) -> str:
    """A power of two as text."""
    return "2" + str(int(exponent)).translate(SUPERSCRIPT)


def draw_formats(axes: Axes) -> None:
    """A bar per format: from its smallest number to its largest, or out of the window."""
    for row, (name, bits) in enumerate(FORMATS.items()):
        least, normal, infinite = limits(*bits)
        ends = max(least, LEFT - 2), max(normal, LEFT - 2), min(infinite, RIGHT + 2)
        axes.barh(row, ends[1] - ends[0], left=ends[0], height=0.7, linewidth=0.6, **COARSE)
        axes.barh(row, ends[2] - ends[1], left=ends[1], height=0.7, linewidth=0.6, **HELD)
        axes.text(-4, row, f"{name}: steps of {power(-bits[1])} at 1", ha="center", va="center", fontsize=10)
        beyond = infinite > RIGHT
        left, right = (f"◂ from {power(least)}", f"to {power(infinite)} ▸") if beyond else ("zero", "inf")
        axes.text(LEFT + 1, row, left, ha="left", va="center", fontsize=10)
        axes.text(RIGHT - (0.3 if beyond else 2), row, right, ha="right", va="center", fontsize=10)
    axes.set_ylim(len(FORMATS) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_title("What the formats can hold", loc="left", fontsize=11, fontweight="bold", pad=4)


def draw_gradients(axes: Axes, title: str, values: npt.NDArray[np.float64]) -> None:
    """A histogram of the sizes, with what float16 rounds to 0 set apart."""
    edges = np.arange(LEFT, RIGHT + STEP, STEP)
    counts, _ = np.histogram(np.log2(np.abs(values)), edges)
    heights = np.round(100 * counts / len(values), 2)
    kinds = [(edges[:-1] < -25, LOST), ((edges[:-1] >= -25) & (edges[:-1] < -14), COARSE), (edges[:-1] >= -14, HELD)]
    for where, style in kinds:  # rounded to the nearest: half of the smallest number is the border
        some = where & (heights > 0)
        axes.bar(edges[:-1][some], heights[some], width=STEP, align="edge", linewidth=0.4, **style)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=4)
    axes.set_title(f"{zeros(values):.1%} become zero in float16".replace("%", " %"), loc="right", fontsize=11, pad=4)
    axes.axhline(0, color="black", linewidth=0.6, zorder=1)
    axes.set_yticks([])


def figure() -> Figure:
    """Formats above, gradients below, on one axis of powers of two."""
    found = gradients()
    drawing = Figure(figsize=(7.2, 5.4), facecolor="white", layout="constrained")
    panels = drawing.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [1.25, 1, 1]})
    draw_formats(panels[0])
    draw_gradients(panels[1], "Gradients as they are", found)
    draw_gradients(panels[2], f"The same, loss scaled by {power(SCALE)}", found * 2.0**SCALE)
    for axes in panels:
        axes.set_xlim(LEFT, RIGHT)
        axes.tick_params(left=False, bottom=False)
        for side in axes.spines.values():
            side.set_visible(False)
        for border in limits(*FORMATS["float16"])[::2]:
            axes.axvline(border, color="black", linewidth=1, linestyle=(0, (4, 3)), zorder=2)
    ticks = range(-40, RIGHT, 8)
    panels[2].set_xticks(ticks, [power(tick) for tick in ticks], fontsize=10)
    panels[2].tick_params(bottom=True, labelbottom=True)
    size = len(found)
    panels[2].set_xlabel(f"size of the number (computed: {size:,} gradients of one batch)", fontsize=10)
    keys = [
        Patch(label="all digits", linewidth=0.6, **HELD),
        Patch(label="fewer digits", linewidth=0.6, **COARSE),
        Patch(label="rounded to zero", linewidth=0.6, **LOST),
    ]
    drawing.legend(handles=keys, loc="outside upper center", ncols=3, fontsize=10, frameon=False, handlelength=1.6)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    title = "Number formats, and gradients with and without loss scaling"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/precision.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
