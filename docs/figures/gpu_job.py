"""Draws assignments/01_gpu_job/figure.svg: what an inexact resume costs, and how often to save.

Above: the lesson's own training, really run: 8 epochs of 12 steps, with a restart after 4 of them that loses a part of
the state, and the largest difference of a weight from the training without a restart. Below: the share of the time that
is lost to first order, from the formula of TODO(8). Run it from anywhere:  python docs/figures/gpu_job.py  (needs torch
and matplotlib; the same versions on the same CPU give the same bytes)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "assignments" / "01_gpu_job"), str(ROOT)]

import workload  # noqa: E402

TARGET = ROOT / "assignments" / "01_gpu_job" / "figure.svg"
OPTIONS = {"seed": 1, "epochs": 8, "hidden": 64, "batch": 32, "batches_per_epoch": 12}
RESTART, STEPS = 48, 96
SHOWN = range(RESTART, STEPS + 1, 3)
RANDOM = ["PyTorch", "NumPy", "Python"]
LOST = {
    "weights only": ["optimizer", "scheduler", *RANDOM],
    "no optimizer": ["optimizer"],
    "no random state": RANDOM,
    "no scheduler": ["scheduler"],
}
SAVES = {"save 5 s, a failure in 30 days": (5, 30), "60 s, 30 days": (60, 30), "60 s, 1 day": (60, 1)}
"""Seconds of a save, days between failures."""

# Okabe and Ito's colours; lines differ in their dashes, too: for colour-blind readers and for print.
STYLES: list[dict[str, Any]] = [
    {"color": "#D55E00", "linestyle": "-"},
    {"color": "#0072B2", "linestyle": (0, (6, 2))},
    {"color": "#009E73", "linestyle": (0, (3, 1, 1, 1))},
    {"color": "#555555", "linestyle": (0, (1, 1.2))},
]
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
SETTINGS = {"svg.hashsalt": "gpu_job", "svg.fonttype": "none", "font.family": FONT}


def differences(parts: list[str]) -> npt.NDArray[np.float64]:
    """Largest difference of a weight from the undisturbed training, for every third step after the restart."""
    found = []
    for steps in SHOWN:
        _, exact = workload.reference(OPTIONS, steps, {})
        _, weights = workload.reference(OPTIONS, steps, {"at": RESTART, "parts": parts})
        found.append(float(np.abs(weights - exact).max()))
    return np.array(found)


def draw_resume(axes: Axes) -> None:
    """A line for each part of the state that a restart loses."""
    for (name, parts), style in zip(LOST.items(), STYLES, strict=True):
        axes.plot(SHOWN, np.round(differences(parts), 4), label=name, linewidth=1.8, **style)
    exact = {"color": "black", "linewidth": 3}
    axes.plot([0, STEPS], [0, 0], label="whole state: 0, bit for bit", **exact)
    axes.axvline(RESTART, color="black", linewidth=1, linestyle=(0, (4, 3)))
    axes.text(RESTART - 1, 0.9 * axes.get_ylim()[1], "killed, and gone on", ha="right", va="top", fontsize=10)
    axes.set_xlim(0, STEPS)
    axes.set_xticks(range(0, STEPS + 1, 12), [str(epoch) for epoch in range(9)], fontsize=10)
    axes.set_xlabel("epochs", fontsize=10)
    axes.set_title("Largest difference of a weight", loc="left", fontsize=11, fontweight="bold", pad=6)
    axes.legend(loc="center left", bbox_to_anchor=(0.0, 0.45), fontsize=10, frameon=False)


def draw_interval(axes: Axes) -> None:
    """Lost time over the interval, with its least."""
    seconds = np.geomspace(60, 86400, 200)
    for (name, (save, days)), style in zip(SAVES.items(), STYLES, strict=False):
        failure, best = 86400 * days, np.sqrt(2 * save * 86400 * days)
        axes.plot(seconds / 60, np.round(100 * (save / seconds + seconds / (2 * failure)), 4), label=name, **style)
        least = 100 * (save / best + best / (2 * failure))
        axes.plot(best / 60, least, marker="o", color=style["color"], markersize=7)
        text = f"{best / 60:.0f} min: {least:.1f} %" if best < 7200 else f"{best / 3600:.1f} h: {least:.1f} %"
        axes.annotate(text, (best / 60, least), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=10)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1, 1440)
    axes.set_ylim(0.1, 100)
    axes.set_xticks([1, 10, 60, 360, 1440], ["1 min", "10 min", "1 h", "6 h", "1 day"], fontsize=10)
    axes.set_xticks([], minor=True)
    axes.set_yticks([0.1, 1, 10, 100], ["0.1 %", "1 %", "10 %", "100 %"], fontsize=10)
    axes.set_xlabel("time between two saves", fontsize=10)
    axes.set_title("Share of the time that is lost", loc="left", fontsize=11, fontweight="bold", pad=6)
    axes.legend(loc="upper right", fontsize=10, frameon=False)


def figure() -> Figure:
    """Resuming above, intervals below."""
    torch.set_num_threads(1)
    drawing = Figure(figsize=(7.2, 6.4), facecolor="white", layout="constrained")
    above, below = drawing.subplots(2, 1)
    draw_resume(above)
    draw_interval(below)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    return drawing


def main() -> None:
    """Write the figure."""
    mpl.rcParams.update(SETTINGS)
    title = "What an inexact resume costs, and how often to save"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/gpu_job.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
