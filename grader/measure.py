"""A race: is the submission at least `target` times as fast as the baseline? Pass, fail, or honestly unsure.

Pairs of baseline and submission are timed in random order, each call in a fresh process on inputs it has
never seen; the check verifies the outputs of every timed call before its time counts. After each pair an
anytime-valid test on the log-ratios decides whether to stop.

The test. Let x be a pair's log(baseline / submission) - log(target). With the order inside a pair random and
the truth on the target, x is symmetric about zero. For any odd bounded bet the product of 1 + b tanh(k x) is
then a fair game, so its mean over a grid of b and k is an e-process: it exceeds 1/alpha with probability at
most alpha, whenever one looks (Ville's inequality; betting and e-values: Ramdas, Gruenwald, Vovk, Shafer,
"Game-theoretic statistics and safe anytime-valid inference", 2023; symmetric null: de la Pena, 1999).
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from grader import checks, hints
from grader.catalog import Side, Target
from grader.quiet import LIMIT, Neighbours
from grader.verdict import Failed, NotMeasured, Outcome, Unsure, Verdict

ALPHA = 1e-3
"""Bound on a wrong pass, and on a wrong fail, of one race."""
SHOWN_ALPHA = 0.025
"""Each end of the interval that is shown: together 95 %."""
MAX_PAIRS = 60
ENOUGH_PAIRS = 14
"""Pairs that decide a race whose sides differ clearly (ten are the least that can)."""
MAX_UNFAIR = 8
"""Pairs that may be disturbed by others, beyond as many as were fair, before the race ends unsure."""
BUDGET_S = 60.0

_BETS = tuple((b, k) for b in (0.25, 0.5, 0.8, 0.97) for k in (10.0, 40.0, 200.0))


def evidence_above(log_ratios: Sequence[float], log_target: float) -> float:
    """E-value against "the ratio is at most the target"; 1000 means at most 1 in 1000 by chance."""
    total = 0.0
    for bet, slope in _BETS:
        wealth = 1.0
        for ratio in log_ratios:
            wealth *= 1.0 + bet * math.tanh(slope * (ratio - log_target))
        total += wealth
    return total / len(_BETS)


def evidence_below(log_ratios: Sequence[float], log_target: float) -> float:
    """E-value against "the ratio is at least the target"."""
    return evidence_above([-r for r in log_ratios], -log_target)


def interval(log_ratios: Sequence[float], alpha: float = SHOWN_ALPHA) -> tuple[float, float]:
    """All targets that the race does not refute at `alpha` per side, as ratios; 0 and inf where it says nothing."""
    low, high = min(log_ratios) - 0.5, max(log_ratios) + 0.5
    lower = _last(lambda t: evidence_above(log_ratios, t) >= 1 / alpha, low, high)
    upper = _last(lambda t: evidence_below(log_ratios, -t) >= 1 / alpha, -high, -low)
    return (0.0 if lower is None else math.exp(lower)), (math.inf if upper is None else math.exp(-upper))


def _last(holds: Callable[[float], bool], low: float, high: float) -> float | None:
    """The largest value in [low, high] at which a falling condition still holds, by bisection."""
    if not holds(low):
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


class Race:
    """One race against one target. `run` returns a pass and raises every other verdict."""

    def __init__(self, target: Target, *, advice: str = "") -> None:
        self.target = target
        self.pairs: list[dict[str, Any]] = []
        self._advice = advice
        self._unfair = 0

    @classmethod
    def for_check(cls, function: object, side: Side, gpus: Sequence[str], assignment: str) -> Race:
        """The race of a check on this hardware; its target is the most specific one in assignment.toml."""
        declared = checks.of(function)
        mine = {t.hardware: t for t in side.targets if t.check == declared.id}
        names = [h for h in mine if gpus and h.lower() in gpus[0].lower()]
        for hardware in (*names, *(["gpu"] if gpus else []), "cpu"):
            if hardware in mine:
                number = assignment.partition("_")[0]
                return cls(mine[hardware], advice=hints.command(number, side, declared.todo))
        raise NotMeasured("There is no target for this hardware in assignment.toml.", next="run it in a GPU job")

    def run(self, baseline: Callable[[], float], submission: Callable[[], float]) -> Outcome:
        """Race two functions that each time one call in a fresh process and return its seconds.

        Raises Failed or Unsure with the figures; whatever the two functions raise passes through.
        """
        start = time.monotonic()
        goal = math.log(self.target.speedup)
        # Time alone never ends a race that can still be decided: being slow must not buy doubt.
        while len(self.pairs) < MAX_PAIRS and (time.monotonic() - start < BUDGET_S or len(self.pairs) < ENOUGH_PAIRS):
            pair = self._pair(baseline, submission)
            if pair is None:
                self._unfair += 1
                if self._unfair > MAX_UNFAIR + len(self.pairs):
                    break
                continue
            self.pairs.append(pair)
            ratios = self._log_ratios()
            if evidence_above(ratios, goal) >= 1 / ALPHA:
                return Outcome(Verdict.PASSED, self._evidence(), race=self.figures())
            if evidence_below(ratios, goal) >= 1 / ALPHA:
                raise Failed(self._evidence(), next=self._advice, share=self._share(), race=self.figures())
        total = self._unfair + len(self.pairs)
        busy = f"Other programs used these cores in {self._unfair} of {total} pairs; those do not count."
        why = "Too close or too noisy" if len(self.pairs) >= ENOUGH_PAIRS else "Too few undisturbed pairs"
        close = f"{self._evidence()} {why} to call." if self.pairs else "So nothing could be measured."
        raise Unsure(
            f"{busy} {close}" if self._unfair else close,
            next="close other programs and check again; the points stay",
            race=self.figures() if self.pairs else None,
        )

    def figures(self) -> dict[str, Any]:
        """The race as results.json keeps it; times in seconds, ratios as factors."""
        low, high = self._shown()
        return {
            "speedup": round(self._median(), 3),
            "low": round(low, 3),
            "high": round(high, 3),
            "target": self.target.speedup,
            "source": self.target.source,
            "hardware": self.target.hardware,
            "pairs": self.pairs,
        }

    def _pair(self, baseline: Callable[[], float], submission: Callable[[], float]) -> dict[str, Any] | None:
        """Time one pair; None when others used the cores meanwhile."""
        neighbours = Neighbours()
        baseline_first = random.random() < 0.5
        if baseline_first:
            slow, fast = baseline(), submission()
        else:
            fast, slow = submission(), baseline()
        if neighbours.share() > LIMIT:
            return None
        return {"baseline_s": round(slow, 6), "submission_s": round(fast, 6), "baseline_first": baseline_first}

    def _log_ratios(self) -> list[float]:
        return [math.log(p["baseline_s"] / p["submission_s"]) for p in self.pairs]

    def _median(self) -> float:
        return math.exp(statistics.median(self._log_ratios()))

    def _shown(self) -> tuple[float, float]:
        """The interval; an open end (few pairs) shows the extreme pair instead."""
        ratios = self._log_ratios()
        low, high = interval(ratios)
        return low or math.exp(min(ratios)), high if high < math.inf else math.exp(max(ratios))

    def _share(self) -> float:
        """Share of the log-speedup reached, taken at the kind end of the interval; never all."""
        high = max(self._shown()[1], 1.0)
        return round(min(math.log(high) / math.log(self.target.speedup), 0.9), 1)

    def _evidence(self) -> str:
        low, high = self._shown()
        base = statistics.median(p["baseline_s"] for p in self.pairs)
        mine = statistics.median(p["submission_s"] for p in self.pairs)
        return (
            f"{self._median():.1f}x ({low:.1f} to {high:.1f}), needed {self.target.speedup:g}x: "
            f"start {_time(base)}, you {_time(mine)}; {len(self.pairs)} alternating pairs."
        )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.0f} ms"
