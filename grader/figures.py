"""A race as a picture: every pair in order, the interval, and the target. Inline SVG for the HTML report.

Drawn here rather than by a plotting library: a class has a thousand of them (40 ms each there), and the colours are the
page's own, so that one figure serves a light screen, a dark one and paper. Classes: see templates/style.css.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any
from xml.etree import ElementTree as ET

WIDTH, HEIGHT = 400, 176
"""Units of the view box, which is also about the size it is shown at: 12 units of text are readable on a phone."""
LEFT, RIGHT, TOP, BOTTOM = 38, 118, 26, 34
_Point = tuple[float, float]
_PLOT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM


class _Scale:
    """Where pairs and ratios lie: pairs from left to right, ratios on a logarithmic axis from bottom to top."""

    def __init__(self, race: dict[str, Any]) -> None:
        values = (1.0, needed(race), *(r for _, r in ratios(race)), *(race[k] for k in ("low", "high", "speedup")))
        shown = [v for v in values if _fits(v)]
        self.pairs = max(len(ratios(race)), 1)
        self.low, self.high = min(shown) / 1.12, max(shown) * 1.12

    def x(self, pair: float) -> float:
        """Of a pair, counted from 1."""
        return round(LEFT + (pair - 0.4) / (self.pairs + 0.2) * _PLOT[0], 1)

    def y(self, ratio: float) -> float:
        """Of a ratio; what lies outside is put on the edge."""
        inside = min(max(ratio, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return round(TOP + (1 - share) * _PLOT[1], 1)


def race_svg(race: dict[str, Any], title: str, key: str = "") -> str:
    """Inline SVG of the `race` of a check, with `title` and a description for those who do not see it.

    Ratios are factors without a unit. `key` keeps ids apart among figures that are equal in everything else.
    Values that a logarithmic axis cannot show (zero, infinite) are left out; nothing is raised for them.
    """
    prefix = "r" + hashlib.sha256(f"{key}\0{title}\0{race}".encode("utf-8", "replace")).hexdigest()[:10] + "-"
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "race", "role": "img"})
    svg.attrib |= {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "aria-labelledby": f"{prefix}title {prefix}desc"}
    for name, text in (("title", title), ("desc", describe(race))):
        ET.SubElement(svg, name, {"id": prefix + name}).text = text
    scale = _Scale(race)
    _band_and_lines(svg, race, scale)
    _axes(svg, scale)
    _dots(svg, race, scale)
    _labels(svg, race, scale)
    return ET.tostring(svg, encoding="unicode")


def describe(race: dict[str, Any]) -> str:
    """What the picture shows, in words."""
    return (
        f"{len(ratios(race))} pairs of the start and the hand-in, in order of measurement. The median is "
        f"{factor(race['speedup'])}x the start's speed, the 95 % interval {factor(race['low'])}x to "
        f"{factor(race['high'])}x, "
        f"{side(race)} the {needed(race):.3g}x that is needed."
    )


def factor(value: float) -> str:
    """A ratio with about as many digits as a race can tell apart: 1.04, 2.3, 310."""
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def side(race: dict[str, Any]) -> str:
    """Where the interval lies: `above`, `below` or `across` the target."""
    if race["low"] >= needed(race):
        return "above"
    return "below" if race["high"] < needed(race) else "across"


def needed(race: dict[str, Any]) -> float:
    """The speedup that this race had to show: the target, or less where the solution reached less on that machine."""
    return float(race.get("needed", race["target"]))


def ratios(race: dict[str, Any]) -> list[tuple[int, float]]:
    """Number (from 1) and ratio baseline / submission of every fair pair whose two times are above zero."""
    times = [(p["baseline_s"], p["submission_s"]) for p in race["pairs"] if "unfair" not in p]
    return [(i, base / mine) for i, (base, mine) in enumerate(times, 1) if base > 0 and mine > 0]


def _band_and_lines(svg: ET.Element, race: dict[str, Any], scale: _Scale) -> None:
    top, bottom = scale.y(race["high"]), scale.y(race["low"])
    place = {"x": f"{LEFT}", "width": f"{_PLOT[0]}", "y": f"{top}", "height": f"{max(bottom - top, 1):g}"}
    ET.SubElement(svg, "rect", {"class": "band", **place})
    for name, value in (("one", 1.0), ("median", race["speedup"]), ("needed", needed(race))):
        if _fits(value):
            _line(svg, name, (LEFT, scale.y(value)), (LEFT + _PLOT[0], scale.y(value)))


def _axes(svg: ET.Element, scale: _Scale) -> None:
    bottom = TOP + _PLOT[1]
    _line(svg, "axis", (LEFT, TOP), (LEFT, bottom))
    _line(svg, "axis", (LEFT, bottom), (LEFT + _PLOT[0], bottom))
    for value in _ticks(scale.low, scale.high):
        _line(svg, "axis", (LEFT - 3, scale.y(value)), (LEFT, scale.y(value)))
        _text(svg, f"{value:g}x", (LEFT - 5, scale.y(value) + 4), "end")
    for pair in sorted({1, scale.pairs}):
        _text(svg, str(pair), (scale.x(pair), bottom + 14), "middle")
    _text(svg, "pair, in order of measurement", (LEFT + _PLOT[0] / 2, bottom + 29), "middle")
    _text(svg, "times as fast as the start (log scale)", (2, 12), "start")


def _ticks(low: float, high: float) -> list[float]:
    steps: tuple[float, ...] = (1, 1.2, 1.5, 2, 3, 4, 6, 8)
    if high / low > 4:
        steps = (1, 10) if high / low > 100 else (1, 2, 5)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return sorted({round(10.0**d * s, 6) for d in decades for s in steps if low <= 10.0**d * s <= high})


def _dots(svg: ET.Element, race: dict[str, Any], scale: _Scale) -> None:
    radius = 3.5 if scale.pairs <= 30 else 2.2
    for pair, ratio in ratios(race):
        if _fits(ratio):
            # Filled or hollow, so that it can be told without colours which pairs reached the target.
            name = "dot reached" if ratio >= needed(race) else "dot"
            place = {"cx": f"{scale.x(pair)}", "cy": f"{scale.y(ratio)}", "r": f"{radius}"}
            ET.SubElement(svg, "circle", {"class": name, **place})


def _labels(svg: ET.Element, race: dict[str, Any], scale: _Scale) -> None:
    """The two lines named at the right, pushed apart where they lie close."""
    goal, median = (scale.y(v) if _fits(v) else scale.y(scale.low) for v in (needed(race), race["speedup"]))
    apart, top, bottom = 27, TOP + 4, TOP + _PLOT[1] - 8
    if abs(median - goal) < apart:
        median = goal + apart if median > goal else goal - apart
    shift = max(top - min(median, goal), 0) - max(max(median, goal) - bottom, 0)
    left = LEFT + _PLOT[0] + 7
    _text(svg, f"needed {needed(race):.3g}x", (left, goal + shift + 4), "start", "strong")
    _text(svg, f"median {factor(race['speedup'])}x", (left, median + shift + 1), "start", "result")
    interval = f"{factor(race['low'])} to {factor(race['high'])}, {side(race)}"
    _text(svg, interval, (left, median + shift + 14), "start", "result")


def _line(svg: ET.Element, name: str, start: _Point, end: _Point) -> None:
    ends = zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True)
    ET.SubElement(svg, "line", {"class": name} | {key: f"{value:g}" for key, value in ends})


def _text(svg: ET.Element, text: str, place: _Point, anchor: str, name: str = "") -> None:
    attributes = {"x": f"{place[0]:g}", "y": f"{place[1]:g}", "text-anchor": anchor} | ({"class": name} if name else {})
    ET.SubElement(svg, "text", attributes).text = text


def _fits(value: float) -> bool:
    return 0 < value < math.inf
