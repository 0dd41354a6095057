"""A race: is the submission at least `target` times as fast as the baseline? Pass, fail, or honestly unsure.

Pairs of baseline and submission are timed in random order. Each block of calls runs in a fresh process on inputs that
it has never seen; the answers of every timed call are verified before its time counts. After each pair the test of
grader.evidence decides whether to stop. A pair that others disturbed is kept in the results and repeated.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from grader import evidence, hints
from grader.catalog import Side, Target
from grader.checks import Check
from grader.evidence import ALPHA
from grader.floor import Floor
from grader.pairs import Lane, Pairs, duration
from grader.verdict import Failed, NotMeasured, Outcome, Unsure, Verdict

MAX_PAIRS = 100
ENOUGH_PAIRS = 14
"""Pairs that decide a race whose sides differ clearly (ten are the least that can)."""
MAX_UNFAIR = 8
"""Pairs that may be disturbed by others, beyond as many as were fair, before the race ends unsure."""
BUDGET_S = 60.0
LEAST_GAIN = 1.1
"""Where the solution itself gains less than this, a check says nothing about a hand-in."""
HOPELESS, HOPELESS_PAIRS, LONG_CALL_S = 20.0, 2, 2.0
"""Two pairs decide where a call of the submission takes longer than these seconds and 20 times what it may."""
UNSTABLE, TIMES_BASELINE = 0.05, 3.0
"""A submission is unstable when its times spread by more than this share, and this much more than the baseline's."""

Figures = dict[str, Any]


class Race:
    """One race against one target. `run` returns a pass and raises every other verdict.

    `possible` answers the figures of the solution's race on this machine, where there is one. `same` is for trials of
    the race itself: the submission against itself, with `same` as the target, so that the truth is known.
    """

    def __init__(
        self,
        target: Target,
        *,
        advice: str = "",
        possible: Callable[[], Figures | None] = lambda: None,
        same: float | None = None,
    ) -> None:
        self.target = target if same is None else replace(target, speedup=same)
        self.needed = self.target.speedup
        """The target, or less where not even the solution reaches it on this machine."""
        self.pairs: list[dict[str, Any]] = []
        self.ranks: dict[int, float | None] = {}
        """Where ranks race one: seconds of a call by their number, for the report. None: those of the race."""
        self._advice = advice
        self._solution = possible
        self._same = same is not None
        self._possible: Figures | None = None
        self._end, self._opponent = math.inf, ""

    @classmethod
    def for_check(
        cls,
        check: Check,
        side: Side,
        gpus: Sequence[str],
        assignment: str,
        **options: Any,
    ) -> Race:
        """The race of a check on this hardware; its target is the most specific one in assignment.toml."""
        mine = {t.hardware: t for t in side.targets if t.check == check.id}
        names = [h for h in mine if gpus and h.lower() in gpus[0].lower()]
        for hardware in (*names, *(["gpu"] if gpus else []), "cpu"):
            if hardware in mine:
                number = assignment.partition("_")[0]
                return cls(mine[hardware], advice=hints.command(number, side, check.todo), **options)
        raise NotMeasured("There is no target for this hardware in assignment.toml.", next="run it in a GPU job")

    def run(
        self,
        baseline: Lane,
        submission: Lane,
        inputs: Callable[[], Any],
        *,
        agree: Callable[[Any, Any], None] = lambda _baseline, _submission: None,
        floor: Floor | None = None,
        one_core: bool = False,
        opponent: str = "start",
    ) -> Outcome:
        """Race two lanes over fresh `inputs`; both get the same ones in a pair, and `agree` compares their answers.

        `floor` bounds the seconds of a call from below; `one_core` as in Conditions; `opponent` names the baseline.
        Raises Failed, Unsure, NotMeasured or Held with the figures; whatever lanes and `agree` raise passes through.
        """
        self._end, self._opponent = time.monotonic() + BUDGET_S, opponent
        lanes = submission if self._same else baseline, submission
        timer = Pairs(lanes, inputs, agree, floor, one_core=one_core)
        # Time alone never ends a race that can still be decided: being slow must not buy doubt.
        while len(self._fair()) < MAX_PAIRS and (time.monotonic() < self._end or not self._enough()):
            self.pairs.append(timer.next())
            if "unfair" in self.pairs[-1]:
                if self._unfair() > MAX_UNFAIR + len(self._fair()):
                    break
                continue
            if self._certain(evidence.above):
                return self._passed()
            hopeless = self._hopeless()
            if (hopeless or self._certain(evidence.below)) and not self._lowered():
                raise self._failed("So slow that no more pairs are needed." if hopeless else "")
        return self._undecided()

    def _certain(self, side: Callable[[Sequence[float], float], float]) -> bool:
        return side(self._log_ratios(), math.log(self.needed)) >= 1 / ALPHA

    def _hopeless(self) -> bool:
        """Whether calls are so long and so slow that noise cannot be why: ten such pairs would take many minutes."""
        late = self.needed / HOPELESS
        fair = [(p["submission_s"] / p["calls"], p["baseline_s"] / p["submission_s"]) for p in self._fair()]
        return len(fair) >= HOPELESS_PAIRS and all(s > LONG_CALL_S and ratio < late for s, ratio in fair)

    # --- how a race ends -----------------------------------------------------------------------------------------

    def _passed(self, note: str = "") -> Outcome:
        return Outcome(Verdict.PASSED, self._evidence(note), race=self.figures())

    def _failed(self, note: str = "") -> Failed:
        return Failed(self._evidence(note), next=self._advice, share=self._share(), race=self.figures())

    def _lowered(self) -> bool:
        """Whether the solution, raced on this machine in this job, lowers the target. It never raises it.

        Raises NotMeasured when not even the solution gains.
        """
        asked = time.monotonic()
        if self._possible is not None or (possible := self._solution()) is None:
            return False
        self._end += time.monotonic() - asked  # its race is not on the budget of this one
        self._possible = possible
        if possible["low"] < LEAST_GAIN:
            why = f"Not even the solution gains here: {_range(possible)}."
            raise NotMeasured(why, next="run it where nothing else runs", race=self.figures())
        self.needed = min(self.needed, possible["low"])
        return self.needed < self.target.speedup

    def _undecided(self) -> Outcome:
        """After the last pair: what is doubtful by the submission's own making is judged, the rest is unsure."""
        if not self._fair():
            raise Unsure(self._disturbed() + " So nothing could be measured.", next=_AGAIN)
        if self._lowered() and self._certain(evidence.above):
            return self._passed()
        mine, base = (evidence.spread([p[f"{who}_s"] for p in self._fair()]) for who in ("submission", "baseline"))
        if self._enough() and mine > max(UNSTABLE, TIMES_BASELINE * base):
            note = f"Your times differ by {mine:.0%}, the other side's by {base:.0%}: the typical one counts."
            if self._median() < self.needed:
                raise self._failed(note)
            return self._passed(note)
        why = "Too close or too noisy to call." if self._enough() else "Too few undisturbed pairs to call."
        raise Unsure(self._evidence(f"{self._disturbed()} {why}".strip()), next=_AGAIN, race=self.figures())

    # --- what was measured ---------------------------------------------------------------------------------------

    def figures(self) -> Figures:
        """The race as results.json keeps it; times in seconds, ratios as factors."""
        low, high = self._shown()
        found = {
            "speedup": round(self._median(), 3),
            "low": round(low, 3),
            "high": round(high, 3),
            "target": self.target.speedup,
            "needed": round(self.needed, 3),
            "source": self.target.source,
            "hardware": self.target.hardware,
            "pairs": self.pairs,
        }
        if self.ranks:
            base, mine = (seconds / self._fair()[0]["calls"] for seconds in self._typical())
            curve = {1: base} | {n: mine if s is None else s for n, s in self.ranks.items()}
            found["scaling"] = [{"ranks": n, "seconds": round(s, 6)} for n, s in curve.items()]
        if self._possible is not None:
            found["possible"] = {name: self._possible[name] for name in ("speedup", "low", "high")}
        return found

    def _fair(self) -> list[dict[str, Any]]:
        return [pair for pair in self.pairs if "unfair" not in pair]

    def _unfair(self) -> int:
        return len(self.pairs) - len(self._fair())

    def _enough(self) -> bool:
        return len(self._fair()) >= ENOUGH_PAIRS

    def _log_ratios(self) -> list[float]:
        return [math.log(p["baseline_s"] / p["submission_s"]) for p in self._fair()]

    def _median(self) -> float:
        return math.exp(statistics.median(self._log_ratios()))

    def _typical(self) -> tuple[float, float]:
        """Median seconds of a block of the baseline and of the submission."""
        base, mine = (statistics.median(p[f"{who}_s"] for p in self._fair()) for who in ("baseline", "submission"))
        return base, mine

    def _shown(self) -> tuple[float, float]:
        """The interval; an open end (few pairs) shows the extreme pair instead."""
        ratios = self._log_ratios()
        low, high = evidence.interval(ratios)
        return low or math.exp(min(ratios)), high if high < math.inf else math.exp(max(ratios))

    def _share(self) -> float:
        """Share of the log-speedup reached, taken at the kind end of the interval; never all."""
        if self.needed <= 1:
            return 0.0
        high = max(self._shown()[1], 1.0)
        return round(min(math.log(high) / math.log(self.needed), 0.9), 1)

    def _disturbed(self) -> str:
        """Which pairs had to be repeated, and why; empty when none had."""
        reasons = [pair["unfair"] for pair in self.pairs if "unfair" in pair]
        if not reasons:
            return ""
        often = statistics.mode(reasons)
        return f"{len(reasons)} of {len(self.pairs)} pairs were unfair ({often}); those do not count."

    def _evidence(self, note: str) -> str:
        low, high = self._shown()
        base, mine = self._typical()
        needed = f"needed {self.needed:.3g}x"
        if self.needed < self.target.speedup:
            needed += f" (not {self.target.speedup:g}x: the solution here, less)"
        if self._possible is not None:
            needed += f"; {self._possible['speedup']:.1f}x is possible here"
        times = f"{self._opponent} {duration(base)}, you {duration(mine)}"
        return (
            f"{self._median():.1f}x ({low:.1f} to {high:.1f}), {needed}: {times}; "
            f"{len(self._fair())} alternating pairs. {note}"
        ).strip()


_AGAIN = "close other programs and check again; the points stay"


@contextlib.contextmanager
def when_lost(can_tell: Callable[[], None]) -> Iterator[None]:
    """Ask about the machine where a race within it is lost: `can_tell` raises NotMeasured where a gain cannot show."""
    try:
        yield
    except Failed as failed:
        if failed.outcome.race:
            can_tell()
        raise


def _range(figures: Figures) -> str:
    return f"{figures['speedup']:.1f}x ({figures['low']:.1f} to {figures['high']:.1f})"
