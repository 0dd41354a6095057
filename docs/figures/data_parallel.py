"""Draws assignments/05_data_parallel/figure.svg: a step and its exchange on three networks, published efficiencies.

Above, computed: PyTorch itself divides the gradients of a vision transformer into buckets; how long layers and buckets
take follows from rates that are assumed (RATE) or published (NETWORKS), without latency. Below: figures of others, each
from its own hardware. Run it from anywhere:  python docs/figures/data_parallel.py  (needs torch and matplotlib)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import torch
import torch.distributed as dist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

TARGET = Path(__file__).resolve().parents[2] / "assignments" / "05_data_parallel" / "figure.svg"

BLOCKS, WIDTH, HEADS, PATCH, CLASSES = 12, 768, 12, 16, 1000  # ViT-B/16
IMAGES, PLACES = 64, 197
"""Images of a rank and step; places in each at which a weight is used: patches, and one for the class."""
RATE = 100e12
"""Operations per second of a rank, assumed: a third of an A100's peak in bfloat16."""
RANKS = 8
BUCKET = 25 << 20
"""Bytes of a bucket unless DDP is told otherwise; the first one is smaller."""
NETWORKS = (
    ("4 x 200 Gbit/s per node", 100e9, True),
    ("100 Gbit/s per node", 12.5e9, True),
    ("100, sent after backward", 12.5e9, False),
    ("25 Gbit/s per node", 3.125e9, True),
)
"""Name, bytes per second that leave a node (Arrhenius; Alvis's A100 and most A40 nodes), whether sending overlaps."""
PUBLISHED = {
    "JSC, A100": {4: 92 / 25 / 4, 8: 92 / 14 / 8},
    "NERSC SC25, A100": {4: 203 / 64 / 4, 64: 2550 / 64 / 64},
    "Princeton, waiting for data": {2: 562 / 334 / 2, 3: 562 / 251 / 3, 4: 562 / 214 / 4},
    "Horovod, ResNet and Inception": {512: 0.90},
    "Horovod, VGG-16": {512: 0.68},
}
"""Efficiency by the number of GPUs: times, rates or shares from facts that the lesson cites."""

# Okabe and Ito's colours, with hatches and markers for colour-blind readers and for print.
FORWARD = {"facecolor": "#56B4E9"}
BACKWARD = {"facecolor": "#0072B2"}
EXCHANGE = {"facecolor": "#E69F00", "hatch": "////"}
WAITING = {"facecolor": "white", "hatch": "xx"}
EDGE = {"edgecolor": "black", "linewidth": 0.5}
STYLES = (("#0072B2", "o", "-"), ("#009E73", "s", "--"), ("#D55E00", "^", ":"), ("black", "D", ""), ("black", "X", ""))
LABELS = ((9, 82, "left"), (74, 57, "left"), (4.4, 63, "left"), (460, 94, "right"), (460, 66, "right"))
FONT, FALLBACKS = "DejaVu Sans", "'DejaVu Sans', Verdana, Arial, sans-serif"
SETTINGS = {"svg.hashsalt": "data parallel", "svg.fonttype": "none", "font.family": FONT, "hatch.linewidth": 0.6}


class Vit(nn.Module):
    """ViT-B/16's parameters, in the order of its forward pass; nothing is ever computed with it."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.kind = nn.Parameter(torch.empty(1, WIDTH))
        self.places = nn.Parameter(torch.empty(PLACES, WIDTH))
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES)


@dataclass(frozen=True)
class Step:
    """Times of a step in seconds: forward and backward pass, (start, end) of every bucket's exchange, and the whole."""

    forward: float
    backward: float
    exchanges: list[tuple[float, float]]

    @property
    def end(self) -> float:
        """When the last gradient is there."""
        return max(self.forward + self.backward, self.exchanges[-1][1])

    @property
    def efficiency(self) -> float:
        """Time of computing as a part of the whole."""
        return (self.forward + self.backward) / self.end


def gradients() -> Iterator[tuple[torch.Tensor, float]]:
    """Parameters in the order in which the backward pass has their gradients, and the seconds that each takes.

    Two products per weight and place where it is used; products of activations with each other are left out.
    """
    with torch.device("meta"):
        model = Vit()
    for name, parameter in reversed(list(model.named_parameters())):
        places = 1 if name.startswith("head") else PLACES
        used = places * IMAGES if parameter.dim() > 1 and name not in ("kind", "places") else 0
        yield parameter, 4 * parameter.numel() * used / RATE


def step(bandwidth: float, *, overlapped: bool) -> Step:
    """A step on such a network: buckets are sent one after the other, each as soon as it is full."""
    parameters, seconds = zip(*gradients(), strict=True)
    first = dist._DEFAULT_FIRST_BUCKET_BYTES  # noqa: SLF001 - what DDP itself calls
    buckets, _ = dist._compute_bucket_assignment_by_size(list(parameters), [first, BUCKET])  # noqa: SLF001
    backward = sum(seconds)
    now, free, exchanges = backward / 2, 0.0, []
    forward = now
    for bucket in buckets:
        now += sum(seconds[index] for index in bucket)
        begins = max(now if overlapped else forward + backward, free)
        size = 4 * sum(parameters[index].numel() for index in bucket)
        free = begins + 2 * (RANKS - 1) / RANKS * size / bandwidth
        exchanges.append((begins, free))
    return Step(forward, backward, exchanges)


def draw_steps(axes: Axes) -> None:
    """A pair of bars per network: what the GPU does, and what the network does."""
    for row, (_, bandwidth, overlapped) in enumerate(NETWORKS):
        found = step(bandwidth, overlapped=overlapped)
        turn, done = found.forward, found.forward + found.backward
        gpu, network = {"y": row - 0.2, "height": 0.3, **EDGE}, {"y": row + 0.12, "height": 0.3, **EDGE}
        axes.barh(width=1e3 * turn, **gpu, **FORWARD)
        axes.barh(left=1e3 * turn, width=1e3 * (done - turn), **gpu, **BACKWARD)
        axes.barh(left=1e3 * done, width=1e3 * (found.end - done), **gpu, **WAITING)
        for begins, ends in found.exchanges:
            axes.barh(left=1e3 * begins, width=1e3 * (ends - begins), **network, **EXCHANGE)
        told = f"{1e3 * found.end:.0f} ms, {100 * found.efficiency:.3g} %"
        axes.text(1e3 * found.end + 2, row, told, va="center", fontsize=10)
    bars = {"forward": FORWARD, "backward": BACKWARD, "GPU waits": WAITING, "all-reduce of a bucket": EXCHANGE}
    handles = [mpl.patches.Patch(label=label, **EDGE, **style) for label, style in bars.items()]
    axes.legend(handles=handles, fontsize=10, frameon=False, loc="upper right", bbox_to_anchor=(1.0, 1.02))
    axes.set_yticks(range(len(NETWORKS)), [name for name, _, _ in NETWORKS], fontsize=10)
    axes.set_ylim(len(NETWORKS) - 0.4, -0.5)
    axes.set_xlim(0, 280)
    axes.set_xlabel("ms of one step (computed from assumed rates)", fontsize=10)
    title = f"ViT-B/16, {RANKS} GPUs on 2 nodes, {IMAGES} images each: time and efficiency"
    axes.set_title(title, loc="left", x=-0.31, fontsize=11, fontweight="bold", pad=6)


def draw_published(axes: Axes) -> None:
    """What others reached, by the number of GPUs."""
    for (name, points), (color, marker, line), (x, y, side) in zip(PUBLISHED.items(), STYLES, LABELS, strict=True):
        efficiencies = [100 * part for part in points.values()]
        axes.plot(list(points), efficiencies, color=color, marker=marker, linestyle=line, markersize=7)
        axes.text(x, y, name, color=color, fontsize=10, ha=side, va="center")
    axes.axhline(100, color="black", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks([2**n for n in range(10)], [str(2**n) for n in range(10)], fontsize=10)
    axes.minorticks_off()
    axes.set_xlim(1, 640)
    axes.set_ylim(40, 105)
    axes.set_yticks(range(40, 101, 20))
    axes.set_xlabel("GPUs (published; each line from its own hardware and program)", fontsize=10)
    axes.set_ylabel("efficiency, %", fontsize=10)
    axes.set_title("What others reached", loc="left", fontsize=11, fontweight="bold", pad=6)


def figure() -> Figure:
    """Steps above, published figures below."""
    drawing = Figure(figsize=(7.6, 6.2), facecolor="white", layout="constrained")
    above, below = drawing.subplots(2, 1, gridspec_kw={"height_ratios": [1.2, 1]})
    draw_steps(above)
    draw_published(below)
    for axes in (above, below):
        axes.tick_params(labelsize=10)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return drawing


def main() -> None:
    """Write the figure; nothing in it depends on the machine or the day."""
    mpl.rcParams.update(SETTINGS)
    title = "A step with its exchange on three networks, and published efficiencies"
    figure().savefig(TARGET, metadata={"Date": None, "Creator": "docs/figures/data_parallel.py", "Title": title})
    text = TARGET.read_text("utf-8").replace(f"'{FONT}'", FALLBACKS)
    TARGET.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
