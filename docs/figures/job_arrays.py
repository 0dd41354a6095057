"""Draws the figure of lesson 08: what packing saves, and where random learning rates fall.

    python docs/figures/job_arrays.py        writes assignments/08_job_arrays/figure.svg

The left panel is arithmetic with the numbers below, which are chosen and not measured. The right one shows draws from
two distributions, with a fixed seed.
"""

import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

TARGET = Path(__file__).resolve().parents[2] / "assignments" / "08_job_arrays" / "figure.svg"

CONFIGURATIONS, LIMIT = 240, 12
RUN, START, QUEUE = 2.0, 1.5, 0.5
"""Minutes: a training, the start of a job (allocated and paid), and until Slurm starts the next (neither)."""
SIZES = (1, 2, 5, 10, 20, 40)
"""Configurations per job."""
RATES, DRAWS = (1e-4, 1.0), 80

# Okabe and Ito's colours, with hatches for colour-blind readers and for print.
TRAIN = {"facecolor": "#56B4E9", "edgecolor": "#0b3c5a"}
STARTS = {"facecolor": "#E69F00", "edgecolor": "#5c3f00", "hatch": "////"}
DOTS = ("#D55E00", "#0072B2")
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
SETTINGS = {"svg.hashsalt": "arrays", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.7}


def makespan(size: int) -> float:
    """Minutes from the first start to the last end, with jobs of equal size."""
    rounds = math.ceil(CONFIGURATIONS / size / LIMIT)
    return rounds * (START + size * RUN) + (rounds - 1) * QUEUE


def draw_packing(axes: Axes) -> None:
    """GPU hours as bars, the makespan above them."""
    places = range(len(SIZES))
    train = [CONFIGURATIONS * RUN / 60] * len(SIZES)
    starts = [CONFIGURATIONS / size * START / 60 for size in SIZES]
    axes.bar(places, train, 0.62, linewidth=0.6, label="training", **TRAIN)
    axes.bar(places, starts, 0.62, bottom=train, linewidth=0.6, label="starting", **STARTS)
    for place, size, one, more in zip(places, SIZES, train, starts, strict=True):
        axes.text(place, one + more + 0.25, f"{makespan(size):.0f} min", ha="center", fontsize=9)
    axes.set_xticks(places, [str(size) for size in SIZES], fontsize=10)
    axes.set_xlabel("configurations per job", fontsize=10)
    axes.set_ylabel("GPU hours", fontsize=10)
    axes.set_ylim(0, 16)
    axes.set_title(
        f"{CONFIGURATIONS} trainings, {LIMIT} jobs at a time", loc="left", fontsize=11, fontweight="bold", pad=22
    )
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2, fontsize=9, frameon=False, handlelength=1.4,
        columnspacing=1.0, borderaxespad=0,
    )  # fmt: skip


def draw_rates(axes: Axes) -> None:
    """Draws of a learning rate, uniform above and log-uniform below, and their share in each decade."""
    rng = np.random.default_rng(8)
    low, high = RATES
    rows = {"uniform": rng.uniform(low, high, DRAWS), "log-uniform": np.exp(rng.uniform(*np.log(RATES), DRAWS))}
    decades = np.log10(high / low)
    for row, (colour, (name, rates)) in enumerate(zip(DOTS, rows.items(), strict=True)):
        axes.plot(rates, 1 - row + rng.uniform(-0.14, 0.14, DRAWS), "o", color=colour, markersize=3.5, alpha=0.75)
        for decade in range(round(decades)):
            edges = np.array([low, 10 * low]) * 10.0**decade
            share = (edges[1] - edges[0]) / (high - low) if name == "uniform" else 1 / decades
            text = f"{share:.0%}" if share >= 0.01 else f"{share:.1%}" if share >= 0.001 else f"{share:.2%}"
            axes.text(math.sqrt(edges[0] * edges[1]), 1.25 - row, text, ha="center", fontsize=10)
    for edge in range(-3, 0):
        axes.axvline(10.0**edge, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(low * 0.9, high * 1.1)
    axes.set_ylim(-0.3, 1.45)
    axes.set_yticks([1, 0], list(rows), fontsize=10)
    axes.tick_params(left=False)
    axes.minorticks_off()
    axes.set_xlabel("learning rate", fontsize=10)
    axes.set_title(f"{DRAWS} draws of a learning rate", loc="left", fontsize=11, fontweight="bold", pad=22)


def figure() -> Figure:
    """Packing on the left, draws on the right."""
    drawing = Figure(figsize=(8, 3.7), facecolor="white", layout="constrained")
    left, right = drawing.subplots(1, 2, gridspec_kw={"width_ratios": [1.25, 1]})
    draw_packing(left)
    draw_rates(right)
    for axes in (left, right):
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    title = "Packing short trainings into jobs, and uniform against log-uniform draws"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/job_arrays.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
