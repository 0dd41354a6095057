"""How often is a verdict on speed wrong, under load? Pairs are recorded once, then races are replayed from them.

    python benchmarks/verdicts.py record --pairs 2000 --folder FOLDER     about an hour; nothing else on the machine
    python benchmarks/verdicts.py replay --folder FOLDER
    python benchmarks/verdicts.py live --races 20

A pair is two calls of about 50 ms of the same work, each in a fresh process, in random order, as in a race. So the true
ratio is 1, and a target of 1/1.05 or 1.05 is 5 % away from the truth. Recorded under 0, 1, 2 and 4 processes that are
busy in bursts. A replay takes pairs as they followed each other, from a random place on. So the
replayed races overlap and are not independent: a rate of 0 among them bounds nothing by itself.
"""

import argparse
import contextlib
import csv
import functools
import math
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from grader import catalog, evidence, machine, measure, quiet  # noqa: E402
from grader.load import bursts  # noqa: E402
from grader.verdict import Stop  # noqa: E402
from grader.worker.client import Code, Settings, Worker  # noqa: E402
from grader.worker.spawn import ForkServer  # noqa: E402

LOADS = (0, 1, 2, 4)
CALL_S = 0.05
WORK = """
import numpy as np

def work(rounds, seed):
    '''Matrix products on fresh numbers; what comes out depends on every one of them.'''
    rng = np.random.default_rng(seed)
    a, x = rng.standard_normal((2, 96, 96)) / 10
    for _ in range(rounds):
        x = a @ x
        x /= np.abs(x).max()
    return float(x.sum())
"""


class Bench:
    """Makes fresh processes that do a given amount of work."""

    def __init__(self):
        self.server = ForkServer(["numpy"])
        self.folder = tempfile.TemporaryDirectory(prefix="verdicts-")
        place = Path(self.folder.name)
        place.chmod(0o755)
        (place / "work.py").write_text(WORK)
        (place / "scratch").mkdir(mode=0o777)
        (place / "scratch").chmod(0o777)
        self.code = Code(place, ("work",), place / "scratch", trusted=True)
        self.settings = Settings(cores=tuple(machine.cores()[:1]), env={"OPENBLAS_NUM_THREADS": "1"})
        self.rounds = 1000
        for _ in range(5):
            self.rounds = max(int(self.rounds * CALL_S / min(self.time() for _ in range(5))), 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        self.folder.cleanup()

    def open(self):
        """A fresh process."""
        return Worker(self.server, self.code, self.settings)

    def time(self):
        """Seconds of one call in a fresh process, after a short one that sets it up."""
        with self.open() as worker:
            worker.call("work", max(self.rounds // 20, 1), random.getrandbits(31))
            return worker.timed("work", self.rounds, random.getrandbits(31))[1]

    def lane(self):
        """The same, as one side of a race."""
        with self.open() as worker:
            yield lambda seed: worker.timed("work", self.rounds, seed)


def record(folder, pairs, loads):
    folder.mkdir(parents=True, exist_ok=True)
    with Bench() as bench:
        for load in loads:
            with (folder / f"load-{load}.csv").open("w", newline="") as file, bursts(load):
                rows = csv.writer(file)
                rows.writerow(("baseline_s", "submission_s", "others", "wall_s"))
                for _ in range(pairs):
                    neighbours, start, baseline_first = quiet.Neighbours(), time.perf_counter(), random.random() < 0.5
                    first, second = bench.time(), bench.time()
                    others, wall = neighbours.share(), time.perf_counter() - start
                    both = (first, second) if baseline_first else (second, first)
                    rows.writerow([f"{value:.6f}" for value in (*both, others, wall)])
            print(f"load {load}: {pairs} pairs", flush=True)


def read(folder, load):
    """Columns baseline_s, submission_s, others, wall_s."""
    return np.loadtxt(folder / f"load-{load}.csv", delimiter=",", skiprows=1).T


# --- replayed ------------------------------------------------------------------------------------------------------

RACES = 10_000
AWAY = (0.05, 0.10, 0.20)
ROUNDS = 20
"""Of pytest-benchmark by default: at least 5 rounds and 1 s, so 20 calls of 50 ms; first all of one side, then all of
the other; the medians are compared.
"""


def replay(folder):
    print("| load | truth | method | wrong | unsure | pairs | seconds |")
    print("|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(1)
    for load in LOADS:
        pairs = read(folder, load)
        for away in AWAY:
            for fast_enough in (True, False):
                target = 1 / (1 + away) if fast_enough else 1 + away
                where = f"{away:.0%} {'above' if fast_enough else 'below'}"
                for name, method in METHODS.items():
                    passed, failed, count, seconds = method(pairs, math.log(target), rng)
                    wrong = int(np.sum(failed if fast_enough else passed))
                    unsure = 1 - (passed | failed).mean()
                    row = (f"{wrong / RACES:.4f}", f"{unsure:.3f}", middle(count), middle(seconds))
                    print(f"| {load} | {where} | {name} | " + " | ".join(row) + " |", flush=True)


def middle(values):
    """Median (95 % of races need at most)."""
    return f"{np.median(values):.3g} ({np.percentile(values, 95):.3g})"


def following(pairs, length, rng):
    """For every race, indices of `length` pairs as they were recorded one after the other."""
    count = pairs.shape[1]
    return (rng.integers(0, count, RACES)[:, None] + np.arange(length)) % count


def one_shot(pairs, goal, rng):
    base, mine, _, wall = pairs
    i = following(pairs, 1, rng)
    return decide(np.log(base[i] / mine[i])[:, 0] - goal, 1, wall[i].sum(axis=1))


def best_of_three(pairs, goal, rng):
    base, mine, _, wall = pairs
    i = following(pairs, 3, rng)
    return decide(np.log(base[i].min(axis=1) / mine[i].min(axis=1)) - goal, 3, wall[i].sum(axis=1))


def medians_in_turn(pairs, goal, rng):
    base, mine, *_ = pairs
    i = following(pairs, 2 * ROUNDS, rng)
    first, second = i[:, :ROUNDS], i[:, ROUNDS:]
    seconds = base[first].sum(axis=1) + mine[second].sum(axis=1)
    return decide(np.log(np.median(base[first], axis=1) / np.median(mine[second], axis=1)) - goal, ROUNDS, seconds)


def decide(over, count, seconds):
    return over > 0, over <= 0, np.full(RACES, count), seconds


def ours(pairs, goal, rng, limit=math.inf):
    """As grader.measure decides: unfair pairs repeated, then the test; unsure past its pairs, seconds or patience.

    Both sides of these pairs have one core, so that the others' work makes none of them unfair; `limit` is for
    comparison: the share of the cores' time that others may use where the sides have several.
    """
    base, mine, others, wall = pairs
    longest = 2 * measure.MAX_PAIRS + measure.MAX_UNFAIR
    i = following(pairs, longest, rng)
    fair = others[i] <= limit
    x = np.where(fair, np.log(base[i] / mine[i]) - goal, 0.0)  # a bet on zero changes nothing
    counted, spent = np.cumsum(fair, axis=1), np.cumsum(wall[i], axis=1)
    before = np.pad(counted, ((0, 0), (1, 0)))[:, :-1]
    late = np.pad(spent, ((0, 0), (1, 0)))[:, :-1] >= measure.BUDGET_S
    ended = (before >= measure.MAX_PAIRS) | (late & (before >= measure.ENOUGH_PAIRS))
    ended |= np.cumsum(~fair, axis=1) > measure.MAX_UNFAIR + counted
    over = {}
    for side in (1, -1):
        wealth = sum(np.cumprod(1 + b * np.tanh(k * side * x), axis=1) for b, k in evidence.BETS) / len(evidence.BETS)
        over[side] = (wealth >= 1 / evidence.ALPHA) & fair
    stop = ended | over[1] | over[-1]
    stop[:, -1] = True
    last = stop.argmax(axis=1)
    every = np.arange(RACES)
    live = ~ended[every, last]
    # What is unstable by its own making is judged by its median in grader.measure; here both sides do the same work.
    counted = np.minimum(counted[every, last], measure.MAX_PAIRS)
    return over[1][every, last] & live, over[-1][every, last] & live, counted, spent[every, last]


METHODS = {
    "one shot": one_shot,
    "best of three": best_of_three,
    "medians of 20, in turn": medians_in_turn,
    "ours": ours,
    "ours, quiet pairs only": functools.partial(ours, limit=quiet.LIMIT),
}


# --- live ----------------------------------------------------------------------------------------------------------


def live(races):
    """Real races: work of 1 against 1, at targets 10 % to either side of the truth."""
    print("| load | truth | races | wrong | unsure | pairs | seconds |")
    print("|---|---|---|---|---|---|---|")
    with Bench() as bench:
        lane = contextlib.contextmanager(bench.lane)
        for load in LOADS:
            with bursts(load):
                for target in (1 / 1.1, 1.1):
                    found = [one_race(lane, target) for _ in range(races // 2)]
                    wrong = sum(verdict == ("failed" if target < 1 else "passed") for verdict, *_ in found)
                    unsure = sum(verdict == "unsure" for verdict, *_ in found)
                    cells = (len(found), wrong, unsure, *(middle([f[i] for f in found]) for i in (1, 2)))
                    where = f"10% {'above' if target < 1 else 'below'}"
                    print(f"| {load} | {where} | " + " | ".join(map(str, cells)) + " |", flush=True)


def one_race(lane, target):
    """Verdict, fair pairs, seconds."""
    race, start = measure.Race(catalog.Target("x", "cpu", target, "proposed")), time.perf_counter()
    try:
        verdict = race.run(lane, lane, lambda: random.getrandbits(31), one_core=True).verdict
    except Stop as stop:
        verdict = stop.verdict
    return str(verdict), sum("unfair" not in pair for pair in race.pairs), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["record", "replay", "live"])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "verdicts")
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--loads", type=int, nargs="+", default=LOADS, help="busy processes beside it (record only)")
    parser.add_argument("--races", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.what == "record":
        record(arguments.folder, arguments.pairs, arguments.loads)
    elif arguments.what == "replay":
        replay(arguments.folder)
    else:
        live(arguments.races)


if __name__ == "__main__":
    main()
