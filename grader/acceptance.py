"""`grader acceptance`: is this machine fit to grade speed on? Races whose truth is known, until the time is up.

For every measured check that can be judged here: the solution raced against itself at targets 10 % above and below one
(so the right verdict is known exactly), the solution against the start (must pass), and wrong answers that are slow
(must fail). A wrong pass, a wrong fail and an unsure are counted with their bounds; what was not tried often is not
claimed.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader import exercises, machine
from grader.catalog import SOLUTIONS, Assignment, Side
from grader.errors import UsageError
from grader.fixtures import SAME
from grader.load import bursts
from grader.runs import Runs

AWAY = 1.1
"""How far from the target the truth is in a race of the solution against itself."""
MOST_UNSURE = 0.1
"""Share of hand-ins (solutions, wrong answers) that may be unsure on a machine that is fit."""
PASS, FAIL = "passed", "failed"


@dataclass(frozen=True)
class Trial:
    """A race with a known truth: what is checked, against which target, and the right verdict."""

    of: str
    """Assignment, framework and check, for people."""
    assignment: Assignment
    side: Side
    check: str
    name: str
    against: Path
    right: str
    same: float | None = None


@dataclass
class Tally:
    """What came of the trials of one check."""

    verdicts: list[tuple[Trial, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def wrong(self, right: str) -> tuple[int, int]:
        """How many of the trials with this right verdict got the opposite one, and how many there were."""
        found = [verdict for trial, verdict in self.verdicts if trial.right == right]
        return found.count(FAIL if right == PASS else PASS), len(found)

    def add(self, trial: Trial, found: str, seconds: float) -> None:
        """Count a trial."""
        self.verdicts.append((trial, found))
        self.seconds.append(seconds)

    def seconds_each(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    def unsure(self, *, close: bool) -> tuple[int, int]:
        """How many trials were decided neither way, and how many there were: the close ones, or the hand-ins."""
        found = [verdict for trial, verdict in self.verdicts if (trial.same is not None) == close]
        return sum(verdict not in (PASS, FAIL) for verdict in found), len(found)


def run(assignments: list[Assignment], *, minutes: float, load: int) -> int:
    """Race until `minutes` are over, but every trial once; print what was found. Returns 0 when the machine is fit.

    Raises UsageError where there are no solutions, or nothing that can be measured here.
    """
    if not SOLUTIONS.is_dir():
        raise UsageError("there are no solutions here (a student edition), so there is nothing to race against.")
    trials = [trial for assignment in assignments for trial in _trials(assignment)]
    print(f"{machine.describe()}; {minutes:g} minutes of races, {load} bursty processes beside them", flush=True)
    tallies: dict[str, Tally] = {}
    elsewhere: set[str] = set()
    end = time.monotonic() + 60 * minutes
    with Runs() as runs, bursts(load):
        for trial in _in_rounds(trials, tallies, lambda: time.monotonic() < end):
            if trial.of in elsewhere:
                continue
            verdict, seconds = _race(runs, trial)
            if verdict == "not measured":
                elsewhere.add(trial.of)
                print(f"-  {trial.of}: not measured here", flush=True)
            else:
                sign = {trial.right: "ok", "unsure": "?"}.get(verdict, "x")
                print(f"{sign:<3}{trial.of}, {trial.name}: {verdict}, {seconds:.0f} s", flush=True)
                tallies.setdefault(trial.of, Tally()).add(trial, verdict, seconds)
    if not tallies:
        raise UsageError("none of these assignments has a measured check that can be judged here.")
    return _summary(tallies)


def _trials(assignment: Assignment) -> Iterator[Trial]:
    for side in assignment.sides:
        if side.missing:
            continue
        solution = assignment.solution(side)
        slow = exercises.wrong_answers(assignment, side)
        for check in dict.fromkeys(target.check for target in side.targets):
            of = f"{assignment.number} {side.framework} {check}"
            yield Trial(of, assignment, side, check, f"itself, {AWAY:g}x needed", solution, FAIL, AWAY)
            yield Trial(of, assignment, side, check, f"itself, {1 / AWAY:.3g}x needed", solution, PASS, 1 / AWAY)
            yield Trial(of, assignment, side, check, "the solution", solution, PASS)
            for wrong in slow:
                if check in wrong.caught_by:
                    yield Trial(of, assignment, side, check, wrong.path.stem, wrong.path, FAIL)


def _in_rounds(trials: list[Trial], tallies: dict[str, Tally], time_left: Callable[[], bool]) -> Iterator[Trial]:
    """Every trial once, then those that could be measured in turn while time is left."""
    yield from trials
    for trial in itertools.cycle([trial for trial in trials if trial.of in tallies]):
        if not time_left():
            return
        yield trial


def _race(runs: Runs, trial: Trial) -> tuple[str, float]:
    """The verdict of one trial, and its seconds with all that a verdict costs."""
    start = time.monotonic()
    words = [] if trial.same is None else [f"{SAME}={trial.same}"]
    entry = exercises.run(runs, trial.assignment, trial.side, trial.against, [trial.check], words=words)[trial.check]
    return str(entry["verdict"]), time.monotonic() - start


def _summary(tallies: dict[str, Tally]) -> int:
    width = max(map(len, tallies))
    heads = ("false pass", "false fail", "unsure", f"{AWAY - 1:.0%} away")
    print(f"\n{'':<{width}}" + "".join(f"{head:>11}" for head in heads) + "  seconds")
    for name, tally in tallies.items():
        counts = tally.wrong(FAIL), tally.wrong(PASS), tally.unsure(close=False), tally.unsure(close=True)
        cells = (f"{found} of {count}" for found, count in counts)
        print(f"{name:<{width}}" + "".join(f"{cell:>11}" for cell in cells) + f"{tally.seconds_each():>9.0f}")
    total = Tally()
    for tally in tallies.values():
        total.verdicts += tally.verdicts
    for kind, (found, count) in (("a false pass", total.wrong(FAIL)), ("a false fail", total.wrong(PASS))):
        print(f"{kind}: {found} of {count}, so in at most {upper_bound(found, count):.1%} of races (95 % confidence)")
    for close, kind in ((False, "unsure"), (True, f"unsure {AWAY - 1:.0%} away from the target")):
        found, count = total.unsure(close=close)
        print(f"{kind}: {found} of {count}, so in at most {upper_bound(found, count):.1%}")
    return _judgement(total)


def _judgement(total: Tally) -> int:
    wrong, races = total.wrong(FAIL)[0] + total.wrong(PASS)[0], len(total.verdicts)
    unsure, count = total.unsure(close=False)
    if wrong:
        print(f"Not fit to grade speed on: {wrong} of {races} verdicts were wrong.")
    elif unsure > MOST_UNSURE * count:
        print(f"Not fit to grade speed on: {unsure} of {count} hand-ins were left unsure. Ask for whole cores.")
    else:
        print(f"Fit to grade speed on, as far as {races} races can tell. More --minutes tell more.")
    return int(wrong > 0 or unsure > MOST_UNSURE * count)


def upper_bound(found: int, count: int, confidence: float = 0.95) -> float:
    """Upper bound on a rate of which `found` of `count` were seen (Clopper and Pearson 1934); 1 without any."""
    if found >= count:
        return 1.0
    low, high = found / count, 1.0
    for _ in range(50):
        rate = (low + high) / 2
        low, high = (rate, high) if _at_most(found, count, rate) > 1 - confidence else (low, rate)
    return high


def _at_most(found: int, count: int, rate: float) -> float:
    """Chance of at most `found` of `count` (binomial)."""
    if rate >= 1:
        return 0.0
    ways = (math.log(math.comb(count, i)) for i in range(found + 1))
    return sum(math.exp(w + i * math.log(rate) + (count - i) * math.log1p(-rate)) for i, w in enumerate(ways))
