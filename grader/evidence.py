"""The statistics of a race: an anytime-valid test on paired log-ratios, and the interval that belongs to it.

Let x be a pair's log(baseline / submission) - log(target). With the order inside a pair random and the truth on the
target, x is symmetric about zero. For any odd bounded bet the product of 1 + b tanh(k x) is then a fair game, so its
mean over a grid of b and k is an e-process: it exceeds 1/alpha with probability at most alpha, whenever one looks
(Ville's inequality; betting and e-values: Ramdas, Gruenwald, Vovk, Shafer, "Game-theoretic statistics and safe
anytime-valid inference", 2023; symmetric null: de la Pena, 1999). A bet is bounded, so one wild pair moves little:
that is what heavy tails need. It rises with x, so a submission that makes itself slower at random only adds evidence
against itself.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

ALPHA = 1e-3
"""Bound on a wrong pass, and on a wrong fail, that this test decides. A submission whose own times are unstable is
judged by its median after the last pair, without a bound (grader.measure says so in the evidence).
"""
SHOWN_ALPHA = 0.025
"""Each end of the interval that is shown: together 95 %."""
BETS = tuple((b, k) for b in (0.25, 0.5, 0.8, 0.97) for k in (10.0, 40.0, 200.0))


def above(log_ratios: Sequence[float], log_target: float) -> float:
    """E-value against "the ratio is at most the target"; 1000 means at most 1 in 1000 by chance."""
    total = 0.0
    for bet, slope in BETS:
        wealth = 1.0
        for ratio in log_ratios:
            wealth *= 1.0 + bet * math.tanh(slope * (ratio - log_target))
        total += wealth
    return total / len(BETS)


def below(log_ratios: Sequence[float], log_target: float) -> float:
    """E-value against "the ratio is at least the target"."""
    return above([-r for r in log_ratios], -log_target)


def interval(log_ratios: Sequence[float], alpha: float = SHOWN_ALPHA) -> tuple[float, float]:
    """All targets that the race does not refute at `alpha` per side, as ratios; 0 and inf where it says nothing."""
    low, high = min(log_ratios) - 0.5, max(log_ratios) + 0.5
    lower = _last(lambda t: above(log_ratios, t) >= 1 / alpha, low, high)
    upper = _last(lambda t: below(log_ratios, -t) >= 1 / alpha, -high, -low)
    return (0.0 if lower is None else math.exp(lower)), (math.inf if upper is None else math.exp(-upper))


def _last(holds: Callable[[float], bool], low: float, high: float) -> float | None:
    """The largest value in [low, high] at which a falling condition still holds, by bisection."""
    if not holds(low):
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def spread(seconds: Sequence[float]) -> float:
    """How much times differ, as a share: the median distance of their logarithms from the median one, scaled to the
    standard deviation of Gaussian noise (MAD x 1.4826; Rousseeuw and Croux 1993).
    """
    logs = [math.log(s) for s in seconds]
    middle = statistics.median(logs)
    return 1.4826 * statistics.median(abs(value - middle) for value in logs)
