"""Pairs of timed blocks: baseline and submission in random order, in fresh processes, on the same fresh inputs."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

from grader.conditions import Conditions
from grader.floor import Floor
from grader.verdict import Held

SHORTEST_BLOCK_S = 0.02
"""A timed block takes at least this long: shorter calls are repeated on other inputs (starting a call costs 0.1 ms)."""
LONGEST_BLOCK_S = 0.1
"""No repetition makes the slower side's block longer: where the sides differ so much, short is long enough."""
STEADY = 0.9
"""A process is warm when a call takes at least this share of the one before."""
MAX_WARM = 4
LONGEST_WARM_S = 60.0
"""A process that is not warm after these seconds is timed as it is."""
MAX_TRIES, LONG_S = 3, 2.0
"""So many processes of each side say when one is warm; two where that takes longer than these seconds."""

Call = Callable[[Any], tuple[Any, float]]
"""Answers one input, and the seconds it took."""
Lane = Callable[[], AbstractContextManager[Call]]
"""Opens a fresh process of one side."""


class Pairs:
    """Times pairs: knows how many calls warm each side up, and how many make a block that is long enough."""

    def __init__(
        self,
        lanes: tuple[Lane, Lane],
        inputs: Callable[[], Any],
        agree: Callable[[Any, Any], None],
        floor: Floor | None,
        *,
        one_core: bool,
    ) -> None:
        self._lanes, self._inputs, self._agree, self._floor = lanes, inputs, agree, floor
        self._one_core = one_core
        profiles = [self._profile(lane) for lane in self._lanes]
        # The same number for both: a process that noise made look warm too early would be timed cold, a bias that no
        # number of pairs takes away.
        self._warm = max(map(_warm_after, profiles))
        fast, slow = sorted(max(profile[-1], 1e-6) for profile in profiles)
        self._calls = max(min(math.ceil(SHORTEST_BLOCK_S / fast), int(LONGEST_BLOCK_S / slow)), 1)

    def _profile(self, lane: Lane) -> list[float]:
        """Seconds of a process's first call, its second, ... until steady: the least that several processes took."""
        start, tries = time.monotonic(), [self._until_steady(lane)]
        while len(tries) < 2 or (len(tries) < MAX_TRIES and time.monotonic() < start + LONG_S):
            tries.append(self._until_steady(lane))
        return [min(calls) for calls in zip(*tries, strict=False)]

    def _until_steady(self, lane: Lane) -> list[float]:
        with lane() as call:
            times = [call(self._inputs())[1]]
            while len(times) < MAX_WARM + 2:
                times.append(call(self._inputs())[1])
                if times[-1] >= STEADY * times[-2] or sum(times) > LONGEST_WARM_S:
                    break
        return times

    def next(self) -> dict[str, Any]:
        """Time one block of each side on the same inputs, and say under which conditions."""
        chosen = [self._inputs() for _ in range(self._calls)]
        order = random.sample((0, 1), 2)
        conditions = Conditions(one_core=self._one_core)
        blocks = {side: self._block(side, chosen) for side in order}
        seen = conditions.end()
        for ours, theirs in zip(blocks[0][0], blocks[1][0], strict=True):
            self._agree(ours, theirs)
        if self._floor is not None and (least := self._floor.seconds * self._calls) > blocks[1][1]:
            raise Held(
                f"{duration(blocks[1][1])} is less than this machine can need: {self._floor.why} ({duration(least)}).",
                next="ask your teacher to look at it; the points come then",
            )
        times = {f"{name}_s": round(blocks[side][1], 6) for side, name in enumerate(("baseline", "submission"))}
        return {**times, "baseline_first": order[0] == 0, "warm": self._warm, "calls": self._calls, **seen}

    def _block(self, side: int, chosen: Sequence[Any]) -> tuple[list[Any], float]:
        with self._lanes[side]() as call:
            for _ in range(self._warm):
                call(self._inputs())
            timed = [call(one) for one in chosen]
        return [answer for answer, _ in timed], sum(seconds for _, seconds in timed)


def _warm_after(times: Sequence[float]) -> int:
    """How many calls go before the first that the next one does not beat; all but the last where there is none."""
    steady = (i for i, (one, following) in enumerate(pairwise(times)) if following >= STEADY * one)
    return next(steady, len(times) - 1)


def duration(seconds: float) -> str:
    """Seconds as people read them."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.0f} ms"
