"""A race as a picture: every pair in order, the interval, and the target. Inline SVG for the HTML report.

No text of a student is drawn (matplotlib would read a dollar sign as mathematics); titles are escaped XML.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH, HEIGHT, TEXT = 540, 190, 13
"""Units of the view box, and the size of its text: legible when a phone shows it 360 pixels wide."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 150, 24, 46
_INK, _QUIET, _BAND, _DOT = "#1c2329", "#4a5560", "#dfe7ef", "#2b5380"
_SVG = "http://www.w3.org/2000/svg"
_UNWANTED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}
_HREF = "{http://www.w3.org/1999/xlink}href"
ET.register_namespace("", _SVG)


def race_svg(race: dict[str, Any], title: str, key: str = "") -> str:
    """Inline SVG of the `race` of a check, with `title` and a description for those who do not see it.

    Ratios are factors without a unit. `key` keeps ids apart among figures that are equal in everything else.
    Values that a logarithmic axis cannot show (zero, infinite) are left out; nothing is raised for them.
    """
    prefix = "r" + hashlib.sha256(f"{key}\0{title}\0{race}".encode("utf-8", "replace")).hexdigest()[:10] + "-"
    plot = (WIDTH - _LEFT - _RIGHT) / WIDTH, (HEIGHT - _TOP - _BOTTOM) / HEIGHT
    buffer = io.StringIO()
    # Text stays text: small, selectable, and in the font of the page.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": TEXT}):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        _draw(figure.add_axes((_LEFT / WIDTH, _BOTTOM / HEIGHT, *plot)), race)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), prefix, title, describe(race))


def describe(race: dict[str, Any]) -> str:
    """What the picture shows, in words."""
    return (
        f"{len(race['pairs'])} pairs of the start and the hand-in, in order of measurement. The median is "
        f"{factor(race['speedup'])}x the start's speed, the 95 % interval {factor(race['low'])}x to "
        f"{factor(race['high'])}x, "
        f"{side(race)} the {race['target']:g}x that is needed."
    )


def factor(value: float) -> str:
    """A ratio with about as many digits as a race can tell apart: 1.04, 2.3, 310."""
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def side(race: dict[str, Any]) -> str:
    """Where the interval lies: `above`, `below` or `across` the target."""
    if race["low"] >= race["target"]:
        return "above"
    return "below" if race["high"] < race["target"] else "across"


def ratios(race: dict[str, Any]) -> list[tuple[int, float]]:
    """Number (from 1) and ratio baseline / submission of every pair whose two times are above zero."""
    times = [(p["baseline_s"], p["submission_s"]) for p in race["pairs"]]
    return [(i, base / mine) for i, (base, mine) in enumerate(times, 1) if base > 0 and mine > 0]


def _draw(axes: Axes, race: dict[str, Any]) -> None:
    dots, target = ratios(race), race["target"]
    shown = [
        v for v in (1.0, *(r for _, r in dots), *(race[k] for k in ("low", "high", "speedup", "target"))) if _fits(v)
    ]
    axes.set_yscale("log")
    axes.set_ylim(min(shown) / 1.12, max(shown) * 1.12)
    axes.set_xlim(0.4, max(len(race["pairs"]), 1) + 0.6)
    low, high = axes.get_ylim()
    axes.axhspan(max(race["low"], low), min(race["high"], high), facecolor=_BAND, edgecolor=_DOT, linewidth=0.5)
    axes.axhline(1, color=_QUIET, linewidth=0.6)
    for value, colour, dashes in ((race["speedup"], _DOT, "-"), (target, _INK, "--")):
        if _fits(value):
            axes.axhline(value, color=colour, linewidth=1.4, linestyle=dashes)
    # Filled or hollow, so that it can be told without colours which pairs reached the target.
    for reached, face in ((True, _DOT), (False, "white")):
        points = [dot for dot in dots if (dot[1] >= target) is reached]
        axes.plot(
            *zip(*points, strict=True) if points else ((), ()),
            "o",
            ms=6,
            mec=_DOT,
            mew=1.3,
            mfc=face,
            clip_on=False,
        )
    _ticks(axes, len(race["pairs"]))
    _labels(axes, race)


def _ticks(axes: Axes, pairs: int) -> None:
    low, high = axes.get_ylim()
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps: tuple[float, ...] = (
        (1, 10) if high / low > 100 else (1, 2, 5) if high / low > 4 else (1, 1.2, 1.5, 2, 3, 4, 6, 8)
    )
    values = sorted({round(10.0**d * s, 6) for d in decades for s in steps if low <= 10.0**d * s <= high})
    axes.set_yticks(values, [f"{v:g}x" for v in values])
    axes.set_yticks([], minor=True)
    axes.set_xticks(sorted({1, max(pairs, 1)}))
    axes.set_xlabel("pair, in order of measurement", color=_QUIET, labelpad=0)
    axes.set_title("times as fast as the start (log scale)", loc="left", fontsize=TEXT, color=_QUIET, pad=8)
    axes.tick_params(colors=_QUIET, length=3, labelsize=TEXT)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(_QUIET)


def _labels(axes: Axes, race: dict[str, Any]) -> None:
    """The two lines named at the right, pushed apart where they lie close."""
    low, high = (math.log(v) for v in axes.get_ylim())
    height = HEIGHT - _TOP - _BOTTOM
    needed, median = (
        min(max((math.log(v) - low) / (high - low) * height, 0), height) if _fits(v) else 0
        for v in (race["target"], race["speedup"])
    )
    apart = 28
    if abs(median - needed) < apart:
        median = needed + apart if median >= needed else needed - apart
        shift = max(10 - median, 0) - max(median - height, 0)
        median, needed = median + shift, needed + shift
    result = f"median {factor(race['speedup'])}x\n{factor(race['low'])} to {factor(race['high'])}, {side(race)}"
    for text, y, colour in ((f"needed {race['target']:g}x", needed, _INK), (result, median, _DOT)):
        axes.annotate(text, (1, 0), (8, y), "axes fraction", "offset points", va="center", color=colour)


def _fits(value: float) -> bool:
    return 0 < value < math.inf


def _inline(svg: str, prefix: str, title: str, description: str) -> str:
    """Make it fit into a page: no prolog, no unused ids, the others unique, a title and a description."""
    root = ET.fromstring(svg)  # noqa: S314 - matplotlib wrote it
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg))
    for parent in list(root.iter()):
        for child in list(parent):
            # Its style sheet would apply to the whole page.
            if child.tag in _UNWANTED or any(grand.tag in _UNWANTED for grand in child):
                parent.remove(child)
        _rename(parent, used, prefix)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{prefix}title {prefix}desc"}
    root.set("font-family", "system-ui, sans-serif")
    for place, (name, text) in enumerate((("title", title), ("desc", description))):
        child = ET.Element(f"{{{_SVG}}}{name}", {"id": prefix + name})
        child.text = text
        root.insert(place, child)
    return ET.tostring(root, encoding="unicode")


def _rename(element: ET.Element, used: set[str], prefix: str) -> None:
    name = element.attrib.pop("id", None)
    if name in used:
        element.set("id", f"{prefix}{name}")
    if _HREF in element.attrib:
        element.set("href", "#" + prefix + element.attrib.pop(_HREF)[1:])
    if "clip-path" in element.attrib:
        element.set("clip-path", element.attrib["clip-path"].replace("#", "#" + prefix))
    if "style" in element.attrib:
        element.set("style", re.sub(r"font-family: [^;]+; ?", "", element.attrib["style"]))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
