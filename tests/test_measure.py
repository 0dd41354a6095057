"""The race, with made-up clocks: who runs when, on what, and which verdict follows."""

import contextlib
import itertools
import math
import random

import numpy as np
import pytest

from grader import measure, pairs
from grader.catalog import Target
from grader.floor import Floor
from grader.measure import Race
from grader.verdict import Failed, Held, NotMeasured, Unsure

pytestmark = pytest.mark.alone

SOLUTION = {"speedup": 4.3, "low": 4.0, "high": 4.6}


def lane(seconds, answer=lambda one: one):
    """A lane whose calls take what `seconds` says: a number, or a function of nothing."""

    @contextlib.contextmanager
    def opened():
        yield lambda one: (answer(one), seconds() if callable(seconds) else seconds)

    return opened


@pytest.fixture(autouse=True)
def fair(monkeypatch):
    """What is seen of the machine is made up, too."""
    monkeypatch.setattr(pairs.Conditions, "end", lambda _: {"others": 0.0})


def a_race(target=2.0, **options):
    return Race(Target("x", "cpu", target, "proposed"), advice="do this", **options)


def run(race, baseline, submission, **options):
    return race.run(lane(baseline), lane(submission), itertools.count().__next__, **options)


def noisy(typical, noise, seed=3):
    rng = np.random.default_rng(seed)
    return lambda: typical * math.exp(rng.normal(0, noise))


# --- verdicts ------------------------------------------------------------------------------------------------------


def test_a_clear_gain_passes_with_its_figures():
    random.seed(1)  # of the order within pairs, which could be the same twelve times
    race = a_race()
    outcome = run(race, 0.3, 0.1)
    assert outcome.evidence == "3.0x (3.0 to 3.0), needed 2x: start 300 ms, you 100 ms; 12 alternating pairs."
    assert outcome.race == race.figures()
    assert {p["baseline_first"] for p in outcome.race["pairs"]} == {True, False}
    assert "possible" not in outcome.race


def test_a_clear_miss_fails_with_a_share_and_the_next_step():
    with pytest.raises(Failed) as caught:
        run(a_race(), 0.15, 0.1)
    outcome = caught.value.outcome
    assert outcome.next == "do this"
    assert outcome.share == pytest.approx(math.log(1.5) / math.log(2), abs=0.05)
    assert "needed 2x" in outcome.evidence


def test_no_gain_at_all_earns_nothing():
    with pytest.raises(Failed) as caught:
        run(a_race(), 0.05, 0.1)
    assert caught.value.outcome.share == 0.0


def test_on_the_edge_of_a_noisy_machine_it_is_unsure():
    with pytest.raises(Unsure) as caught:
        run(a_race(), noisy(0.2, 0.3, 1), noisy(0.1, 0.3, 2))
    assert len(caught.value.outcome.race["pairs"]) == measure.MAX_PAIRS
    assert "Too close or too noisy to call." in caught.value.outcome.evidence


def test_being_slow_does_not_buy_doubt(monkeypatch):
    monkeypatch.setattr(measure, "BUDGET_S", 0.0)
    with pytest.raises(Failed):
        run(a_race(), 0.01, 0.1)


def test_a_hopelessly_slow_submission_is_not_timed_for_half_an_hour():
    race = a_race()
    with pytest.raises(Failed, match="So slow that no more pairs are needed") as caught:
        run(race, 0.1, 2.1)
    assert len(race.pairs) == 2
    assert caught.value.outcome.share == 0.0
    for baseline, submission in ((0.1, 1.9), (1.0, 2.1)):  # not long; long, and not so slow
        race = a_race()
        with pytest.raises(Failed):
            run(race, baseline, submission)
        assert len(race.pairs) >= 10


def test_a_process_that_never_gets_warm_is_timed_as_it_is(monkeypatch):
    monkeypatch.setattr(pairs, "LONGEST_WARM_S", 1.0)
    colder = itertools.accumulate(itertools.repeat(0.85), lambda seconds, share: seconds * share, initial=1.0)
    race = a_race()
    with contextlib.suppress(Failed, Unsure):
        run(race, 0.3, colder.__next__)
    assert race.pairs[0]["warm"] == 1


@pytest.mark.parametrize(("typical", "verdict"), [(0.102, "failed"), (0.098, "passed")])
def test_noise_of_its_own_making_buys_no_doubt(typical, verdict):
    """The baseline is steady: what the submission's times do is its own; the typical one counts, and that is said."""
    unsteady = itertools.cycle([typical, typical + 0.03, typical - 0.03, typical + 0.03, typical - 0.03])
    race = a_race()
    try:
        outcome = run(race, noisy(0.2, 0.001), unsteady.__next__)
    except Failed as failed:
        outcome = failed.outcome
    assert outcome.verdict == verdict
    assert len(race.pairs) == measure.MAX_PAIRS
    assert "the typical one counts" in outcome.evidence


def test_the_truth_of_a_race_against_itself_is_one():
    assert run(a_race(3.0, same=1 / 1.05), noisy(0.5, 0.01, 1), noisy(0.1, 0.01, 2)).race["target"] == 1 / 1.05
    with pytest.raises(Failed, match=r"needed 1.05x: start 100 ms, you 100 ms"):
        run(a_race(3.0, same=1.05), noisy(0.5, 0.001, 1), noisy(0.1, 0.001, 2))


# --- the solution beside them ----------------------------------------------------------------------------------------


def test_the_solution_is_not_raced_for_a_pass():
    def asked():
        raise AssertionError

    run(a_race(possible=asked), 0.3, 0.1)


def test_a_failure_says_what_is_possible_here_and_a_fast_solution_raises_nothing():
    with pytest.raises(Failed, match=r"^1.5x \(1.5 to 1.5\), needed 2x; 4.3x is possible here: start") as caught:
        run(a_race(possible=lambda: SOLUTION), 0.15, 0.1)
    assert caught.value.outcome.race["possible"] == SOLUTION
    assert caught.value.outcome.race["needed"] == 2.0


def test_a_solution_that_gains_less_here_lowers_the_target():
    slow = {"speedup": 1.6, "low": 1.4, "high": 1.7}
    outcome = run(a_race(possible=lambda: slow), 0.15, 0.1)
    assert "needed 1.4x (not 2x: the solution here, less); 1.6x is possible here" in outcome.evidence
    assert (outcome.race["target"], outcome.race["needed"]) == (2.0, 1.4)
    with pytest.raises(Failed, match=r"needed 1.4x"):
        run(a_race(possible=lambda: slow), 0.12, 0.1)


def test_where_not_even_the_solution_gains_nothing_is_measured():
    with pytest.raises(NotMeasured, match=r"Not even the solution gains here: 1.0x \(0.9 to 1.1\)"):
        run(a_race(possible=lambda: {"speedup": 1.0, "low": 0.9, "high": 1.1}), 0.1, 0.1)


# --- unfair pairs, impossible times -----------------------------------------------------------------------------


def conditions(monkeypatch, seen):
    """Let the n-th pair be timed under the n-th conditions, and all later ones under the last."""
    answers = itertools.chain(seen, itertools.repeat(seen[-1]))
    monkeypatch.setattr(pairs.Conditions, "end", lambda _: next(answers))


UNFAIR = {"others": 0.4, "unfair": "other programs used these cores"}


def test_a_busy_neighbour_makes_a_race_unsure_and_not_wrong(monkeypatch):
    """The submission is slow only because others took its cores: that is not the student's failure."""
    conditions(monkeypatch, [UNFAIR])
    with pytest.raises(Unsure, match=r"9 of 9 pairs were unfair \(other programs used these cores\)") as caught:
        run(a_race(), 0.1, 0.1)
    assert caught.value.outcome.race is None


def test_an_unfair_pair_is_repeated_and_stays_in_the_results(monkeypatch):
    conditions(monkeypatch, [UNFAIR, {"others": 0.0}, UNFAIR, {"others": 0.0}])
    outcome = run(a_race(), 0.3, 0.1)
    assert "12 alternating pairs" in outcome.evidence
    assert [i for i, p in enumerate(outcome.race["pairs"]) if "unfair" in p] == [0, 2]
    assert len(outcome.race["pairs"]) == 14


def test_too_few_fair_pairs_say_why(monkeypatch):
    conditions(monkeypatch, [{"others": 0.0}, UNFAIR])
    with pytest.raises(Unsure, match=r"10 of 11 pairs were unfair .* Too few undisturbed pairs to call."):
        run(a_race(), 0.3, 0.1)


def test_faster_than_the_machine_can_be_is_held_for_a_person():
    why = r"300 us is less than this machine can need: 1e9 operations at 5 TFLOP/s \(600 us\)"
    with pytest.raises(Held, match=why):
        run(a_race(), 0.03, 0.0001, floor=Floor(200e-6, "1e9 operations at 5 TFLOP/s"))
    run(a_race(), 0.03, 0.0001, floor=Floor(99e-6, "1e9 operations at 10 TFLOP/s"))


# --- who runs when, on what ---------------------------------------------------------------------------------------


class Recorder:
    """A lane that writes down what happens, with the seconds of the n-th call of a process from `seconds`."""

    def __init__(self, name, events, seconds):
        self.name, self.events, self.seconds = name, events, seconds

    @contextlib.contextmanager
    def __call__(self):
        self.events.append((self.name, "open"))
        times = itertools.chain(self.seconds, itertools.repeat(self.seconds[-1]))

        def call(one):
            self.events.append((self.name, one))
            return one, next(times)

        yield call
        self.events.append((self.name, "close"))


def recorded(base, mine, **options):
    events = []
    race = a_race()
    outcome = race.run(Recorder("b", events, base), Recorder("s", events, mine), itertools.count().__next__, **options)
    return outcome, events


def test_each_block_has_a_process_of_its_own_that_has_ended_when_the_other_side_begins():
    events = recorded([0.3], [0.1])[1]
    alive = 0
    for _, what in events:
        alive += {"open": 1, "close": -1}.get(what, 0)
        assert alive <= 1
    assert sum(what == "open" for _, what in events) == 2 * (12 + 3)  # a pair each, and three to see how warm is warm


def test_every_call_gets_inputs_of_its_own_which_the_two_sides_of_a_pair_share():
    compared = []
    events = recorded([0.3], [0.1], agree=lambda a, b: compared.append((a, b)))[1]
    inputs = {name: [what for n, what in events if n == name and isinstance(what, int)] for name in "bs"}
    assert all(len(set(mine)) == len(mine) for mine in inputs.values())
    assert len(compared) == 12
    assert all(a == b for a, b in compared)


def test_short_calls_are_put_together_until_a_block_is_long_enough():
    outcome, events = recorded([0.005], [0.001])
    assert {p["calls"] for p in outcome.race["pairs"]} == {20}
    assert outcome.race["pairs"][0]["submission_s"] == pytest.approx(0.020)
    assert sum(name == "s" and isinstance(what, int) for name, what in events) == 3 * 2 + 12 * 20


def test_a_process_is_warmed_up_for_as_long_as_it_takes():
    """First calls of 1 s and 0.5 s are no part of what is timed; both sides are warmed up alike."""
    outcome, events = recorded([0.3], [1.0, 0.5, 0.1])
    assert {p["submission_s"] for p in outcome.race["pairs"]} == {0.1}
    assert sum(name == "s" and isinstance(what, int) for name, what in events) == 3 * 4 + 12 * 3
    assert sum(name == "b" and isinstance(what, int) for name, what in events) == 3 * 2 + 12 * 3


def test_a_burst_in_a_second_call_does_not_make_a_cold_process_look_warm():
    """Both lanes do the same; in their first process a neighbour slows the second call down."""
    opened = itertools.count()

    @contextlib.contextmanager
    def cold():
        times = iter([0.15, 0.2 if next(opened) in {0, 3} else 0.1, *[0.1] * 9])
        yield lambda one: (one, next(times))

    outcome = a_race(1 / 1.1).run(cold, cold, lambda: 0)
    assert {p["warm"] for p in outcome.race["pairs"]} == {1}
    assert {p["submission_s"] for p in outcome.race["pairs"]} == {0.1}


def test_warming_up_has_an_end():
    ever_faster = [2.0**-n for n in range(12)]
    with pytest.raises(Failed):
        recorded([0.01], ever_faster)


def test_what_a_call_or_a_comparison_raises_is_the_verdict():
    def wrong(*_):
        raise Failed("the output of this call is wrong")

    with pytest.raises(Failed, match="output of this call"):
        a_race().run(lane(0.1), lane(0.1, wrong), lambda: 0)
    with pytest.raises(Failed, match="output of this call"):
        run(a_race(), 0.1, 0.1, agree=wrong)
