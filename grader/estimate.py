"""What a class will cost on a site, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.catalog import Assignment
from grader.sites import Site

ASK_ABOVE = 20.0
"""GPU hours that are sent without a question."""


@dataclass(frozen=True)
class Estimate:
    """GPU hours, and the line that says them."""

    gpu_hours: float
    text: str


def of(assignments: Sequence[Assignment], site: Site, kind: str = "", gpus: int = 1) -> Estimate:
    """The sum of `gpu_minutes` of the assignments, one for each hand-in, with `gpus` GPUs each."""
    hours = sum(a.gpu_minutes for a in assignments) * gpus / 60
    kind = kind or site.gpus.default
    price = site.gpus.cost.get(kind)
    cost = (
        f" = {hours * price:.3g} {site.gpus.unit}"
        if price is not None and (price, site.gpus.unit) != (1, _UNIT)
        else ""
    )
    count = "one hand-in" if len(assignments) == 1 else f"{len(assignments)} hand-ins"
    cards = "a GPU each" if gpus == 1 else f"{gpus} GPUs each"
    on = f" on {kind}" if kind else ""
    return Estimate(hours, f"Estimate for {count}, {cards}{on}: about {hours:.2g} {_UNIT}{cost}.")


_UNIT = "GPU hours"
