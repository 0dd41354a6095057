"""How time falls with the number of ranks: efficiency from seconds, and its picture in the report (inline SVG).

Efficiency on n ranks is t(1) / (n t(n)): 1 when n ranks are n times as fast as one.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from grader.verdict import NotMeasured

WIDTH, HEIGHT = 400, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 20, 24, 34
CALLS = 3
"""Timed calls of a number of ranks that nobody is judged by; the median counts."""
MOST = 16
LEAST_GAIN = 1.5
"""Where two ranks without an exchange gain less, what is asked of two with one cannot be told from the machine."""


def more_ranks(count: int, available: int) -> list[int]:
    """Numbers of ranks beyond `count` to look at, doubled each time, while each has a core or GPU of its own."""
    return [n for n in (count << step for step in range(1, 8)) if n <= min(available, MOST)]


def seconds(calls: Callable[[], float]) -> float:
    """The median of some timed calls, after one that warms up."""
    calls()
    return statistics.median(calls() for _ in range(CALLS))


def require_gain(speedup: float, ranks: int) -> None:
    """Raise NotMeasured where ranks that exchange nothing, each with a part of the work, gain too little over one."""
    if speedup < LEAST_GAIN:
        raise NotMeasured(
            f"{ranks} ranks that exchange nothing are {speedup:.1f}x as fast as one here: its cores are not whole.",
            next="run it in a job with whole cores",
        )


def efficiency(curve: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """(ranks, efficiency) for the `scaling` of a race, which begins with one rank."""
    alone = curve[0]["seconds"]
    return [(p["ranks"], alone / (p["ranks"] * p["seconds"])) for p in curve if p["seconds"] > 0]


def describe(curve: list[dict[str, Any]]) -> str:
    """The curve in words."""
    points = efficiency(curve)[1:]
    return "; ".join(f"{ranks} ranks: {share * ranks:.1f}x one rank, efficiency {share:.0%}" for ranks, share in points)


def svg(curve: list[dict[str, Any]], title: str, key: str = "") -> str:
    """Inline SVG of efficiency by ranks, with `title` and a description; `key` keeps ids apart among equal figures."""
    prefix = "s" + hashlib.sha256(f"{key}\0{title}\0{curve}".encode("utf-8", "replace")).hexdigest()[:10] + "-"
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "race", "role": "img"})
    root.attrib |= {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "aria-labelledby": f"{prefix}title {prefix}desc"}
    for name, text in (("title", title), ("desc", describe(curve))):
        ET.SubElement(root, name, {"id": prefix + name}).text = text
    points = efficiency(curve)
    steps = max(math.log2(points[-1][0]), 1)
    top = max(1.0, *(share for _, share in points)) * 1.1

    def place(ranks: int, share: float) -> tuple[float, float]:
        across = LEFT + 8 + math.log2(ranks) / steps * (WIDTH - LEFT - RIGHT - 36)
        return round(across, 1), round(TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM), 1)

    _axes(root, [ranks for ranks, _ in points], place)
    path = " ".join(f"{x:g},{y:g}" for x, y in (place(*point) for point in points))
    ET.SubElement(root, "polyline", {"class": "median", "points": path, "fill": "none"})
    for ranks, share in points:
        x, y = place(ranks, share)
        ET.SubElement(root, "circle", {"class": "dot reached", "cx": f"{x:g}", "cy": f"{y:g}", "r": "3.5"})
        if ranks > 1:
            _text(root, f"{share:.0%}", (x, y + 16), "middle", "result")
    return ET.tostring(root, encoding="unicode")


def _axes(root: ET.Element, ranks: list[int], place: Callable[[int, float], tuple[float, float]]) -> None:
    bottom = HEIGHT - BOTTOM
    for name, ends in (
        ("axis", ((LEFT, TOP), (LEFT, bottom))),
        ("axis", ((LEFT, bottom), (WIDTH - RIGHT, bottom))),
        ("one", ((LEFT, place(1, 1)[1]), (WIDTH - RIGHT, place(1, 1)[1]))),
    ):
        numbers = zip(("x1", "y1", "x2", "y2"), (*ends[0], *ends[1]), strict=True)
        ET.SubElement(root, "line", {"class": name} | {k: f"{v:g}" for k, v in numbers})
    for share in (0.0, 0.5, 1.0):
        _text(root, f"{share:.0%}", (LEFT - 5, place(1, share)[1] + 4), "end")
    for n in ranks:
        _text(root, str(n), (place(n, 0)[0], bottom + 14), "middle")
    _text(root, "ranks", ((LEFT + WIDTH - RIGHT) / 2, bottom + 29), "middle")
    _text(root, "efficiency: speedup over one rank, per rank", (2, 12), "start")


def _text(root: ET.Element, text: str, place: tuple[float, float], anchor: str, name: str = "") -> None:
    attributes = {"x": f"{place[0]:g}", "y": f"{place[1]:g}", "text-anchor": anchor} | ({"class": name} if name else {})
    ET.SubElement(root, "text", attributes).text = text
