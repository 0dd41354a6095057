"""Draws assignments/03_data_loading/figure.svg: one epoch in three ways. A schematic from stated numbers.

Run it from anywhere:  python docs/figures/data_loading.py   (needs matplotlib; the same input gives the same bytes)
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

TARGET = Path(__file__).resolve().parents[2] / "assignments" / "03_data_loading" / "figure.svg"

DECODE = 1.0
"""Milliseconds to decode a sample; all else is in proportion to it."""
OPEN = 3 * DECODE
"""Milliseconds that an open waits, as in the checks: three times the decoding of a sample."""
STEP = 2 * DECODE
"""Milliseconds that the model computes on a batch."""
SAMPLES, BATCH, WORKERS = 16, 4, 2

# Okabe and Ito's colours, told apart by hatching too: for colour-blind readers and for print.
KINDS = {
    "open": {"facecolor": "#E69F00", "edgecolor": "#5c3f00", "hatch": "////"},
    "decode": {"facecolor": "#56B4E9", "edgecolor": "#0b3c5a"},
    "model": {"facecolor": "#00664d", "edgecolor": "#00332a"},
    "idle": {"facecolor": "#e9e9e9", "edgecolor": "none"},
}
LEGEND = {"open": "open waits, 3 ms", "decode": "decode, 1 ms", "model": "model step, 2 ms", "idle": "idle"}
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
"""The font that lays the figure out. The text stays text, so a browser without that font takes the next one."""
SETTINGS = {"svg.hashsalt": "data_loading", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.7}


class Bar(NamedTuple):
    """Something that takes time: which lane, what kind, from when, for how long (ms)."""

    lane: str
    kind: str
    start: float
    length: float

    @property
    def end(self) -> float:
        """When it is over."""
        return self.start + self.length


def one_process(*, opens_first: int, open_each: bool) -> list[Bar]:
    """Read and decode in the main process, which cannot do so while the model computes."""
    bars = [Bar("main", "open", i * OPEN, OPEN) for i in range(opens_first)]
    for sample in range(1, SAMPLES + 1):
        if open_each:
            bars.append(Bar("main", "open", bars[-1].end, OPEN))
        bars.append(Bar("main", "decode", bars[-1].end, DECODE))
        if sample % BATCH == 0:
            bars.append(Bar("model", "model", bars[-1].end, STEP))
    return bars


def with_workers() -> list[Bar]:
    """Each worker opens the packed file once; batches go round the workers, the model takes them in order."""
    bars = [Bar("main", "open", 0, OPEN)]
    free = {}
    for number in range(WORKERS):
        bars.append(Bar(f"worker {number + 1}", "open", OPEN, OPEN))
        free[number] = bars[-1].end
    model = 0.0
    for batch in range(SAMPLES // BATCH):
        number = batch % WORKERS
        bars += [Bar(f"worker {number + 1}", "decode", free[number] + i * DECODE, DECODE) for i in range(BATCH)]
        free[number] = bars[-1].end
        bars.append(Bar("model", "model", max(model, free[number]), STEP))
        model = bars[-1].end
    return bars


def draw(axes: Axes, title: str, bars: list[Bar], width: float) -> None:
    """One panel: a lane per process, and its figures beside the title."""
    lanes = list(dict.fromkeys(sorted((bar.lane for bar in bars), key=["main", "worker 1", "worker 2", "model"].index)))
    end = max(bar.end for bar in bars)
    for row, lane in enumerate(lanes):
        axes.barh(row, end, height=0.72, zorder=0, **KINDS["idle"])
        for bar in (b for b in bars if b.lane == lane):
            axes.barh(row, bar.length, left=bar.start, height=0.72, linewidth=0.6, zorder=2, **KINDS[bar.kind])
    axes.plot([end, end], [-0.62, len(lanes) - 0.38], color="black", linewidth=1.3, zorder=3)
    opens = sum(bar.kind == "open" for bar in bars)
    busy = sum(bar.length for bar in bars if bar.kind == "model") / end
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=4)
    figures = f"{opens} opens · {end:.0f} ms · model busy {busy:.0%}"
    axes.set_title(figures, loc="right", fontsize=11, pad=4)
    axes.set_yticks(range(len(lanes)), lanes, fontsize=10)
    axes.set_ylim(len(lanes) - 0.38, -0.62)
    axes.set_xlim(0, width)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    for side in axes.spines.values():
        side.set_visible(False)


def figure() -> Figure:
    """All three panels on one time axis."""
    panels = [
        ("As shipped: a file per sample", one_process(opens_first=1, open_each=True)),
        ("Packed into one file", one_process(opens_first=2, open_each=False)),
        ("Packed, and two workers", with_workers()),
    ]
    width = max(bar.end for _, bars in panels for bar in bars) + 1
    lanes = [len({bar.lane for bar in bars}) for _, bars in panels]
    drawing = Figure(figsize=(7.2, 4.9), facecolor="white", layout="constrained")
    all_axes = drawing.subplots(len(panels), 1, gridspec_kw={"height_ratios": [n + 0.6 for n in lanes]})
    for axes, (title, bars) in zip(all_axes, panels, strict=True):
        draw(axes, title, bars, width)
    all_axes[-1].tick_params(bottom=True, labelbottom=True, labelsize=10)
    all_axes[-1].set_xlabel(
        f"milliseconds (schematic, not measured: first epoch of {SAMPLES} samples, batches of {BATCH})", fontsize=10
    )
    keys = [Patch(label=LEGEND[kind], linewidth=0.6, **style) for kind, style in KINDS.items()]
    drawing.legend(handles=keys, loc="outside upper center", ncols=4, fontsize=10, frameon=False, handlelength=1.6)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    metadata = {"Date": None, "Creator": "docs/figures/data_loading.py", "Title": "One epoch in three ways (schematic)"}
    figure().savefig(TARGET, metadata=metadata)
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
