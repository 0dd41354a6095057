"""The race: its test keeps its stated error under noise, its interval covers, its verdicts follow."""

import math
import subprocess
import sys
import time

import numpy as np
import pytest

from grader import measure, quiet
from grader.catalog import Target
from grader.measure import Race, evidence_above, evidence_below, interval
from grader.verdict import Failed, Unsure

LOG_TARGET = math.log(1.5)


def decided(noise, shift, races, pairs):
    """Share of simulated races that end (above, below) when the truth is `shift` over the target, vectorised."""
    rng = np.random.default_rng(20261123)
    x = shift + noise(rng, (races, pairs))
    above, below = (
        np.maximum.accumulate(
            sum(np.cumprod(1 + bet * np.tanh(slope * side * x), axis=1) for bet, slope in measure._BETS), axis=1
        )
        >= len(measure._BETS) / measure.ALPHA
        for side in (1, -1)
    )
    first = {s: np.where(d.any(axis=1), d.argmax(axis=1), pairs) for s, d in ((1, above), (-1, below))}
    return (np.mean(first[1] < first[-1]), np.mean(first[-1] < first[1]))


NOISES = {
    "gaussian 3 %": lambda rng, size: rng.normal(0, 0.03, size),
    "heavy tails": lambda rng, size: 0.03 * rng.standard_t(2, size),
    "bursts on either side": lambda rng, size: (
        rng.normal(0, 0.02, size) + rng.choice([-1, 1], size) * rng.exponential(0.3, size) * (rng.random(size) < 0.3)
    ),
}


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_on_the_target_each_error_stays_under_its_bound(noise):
    """10,000 races of up to 60 pairs with the truth on the target; 2.5e-3 leaves room for counting only."""
    passed, failed = decided(noise, 0.0, 10_000, 60)
    assert passed <= 2.5e-3
    assert failed <= 2.5e-3


@pytest.mark.parametrize("shift", [0.2, -0.2])
def test_far_from_the_target_a_quiet_machine_decides_rightly(shift):
    passed, failed = decided(NOISES["gaussian 3 %"], shift, 2_000, 60)
    assert (passed, failed) == ((1.0, 0.0) if shift > 0 else (0.0, 1.0))


def test_ten_pairs_are_the_least_that_can_reach_one_in_a_thousand():
    assert evidence_above([5.0] * 9, 0.0) < 1 / measure.ALPHA
    assert evidence_above([5.0] * 13, 0.0) >= 1 / measure.ALPHA


def test_the_two_sides_mirror_each_other():
    ratios = [0.3, 0.5, 0.41, 0.38, 0.44]
    assert evidence_below(ratios, LOG_TARGET) == pytest.approx(evidence_above([-r for r in ratios], -LOG_TARGET))


def test_the_interval_covers_the_truth_and_agrees_with_the_test():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        ratios = list(math.log(2) + rng.normal(0, 0.05, 15))
        low, high = interval(ratios)
        covered += low <= 2 <= high
        assert evidence_above(ratios, math.log(low) - 1e-3) >= 1 / measure.SHOWN_ALPHA
        assert evidence_above(ratios, math.log(low) + 1e-3) < 1 / measure.SHOWN_ALPHA
    assert covered >= 190


def test_few_pairs_leave_the_interval_open():
    assert interval([0.1, 0.2]) == (0.0, math.inf)


def race(speedup, noise=0.0, target=2.0):
    """A race of two made-up clocks: no process, no waiting."""
    rng = np.random.default_rng(3)
    one = Race(Target("x", "cpu", target, "proposed"), advice="do this")
    return one, one.run(lambda: 0.1 * math.exp(rng.normal(0, noise)), lambda: 0.1 / speedup)


def test_a_clear_gain_passes_with_its_figures():
    one, outcome = race(3.0)
    assert outcome.evidence.startswith("3.0x (")
    figures = outcome.race
    assert figures == one.figures()
    assert figures["target"] == 2.0
    assert figures["low"] > 2.0
    assert {p["baseline_first"] for p in figures["pairs"]} == {True, False}


def test_a_clear_miss_fails_with_a_share_and_the_next_step():
    with pytest.raises(Failed) as caught:
        race(1.5)
    outcome = caught.value.outcome
    assert outcome.next == "do this"
    assert outcome.share == pytest.approx(math.log(1.5) / math.log(2), abs=0.05)
    assert "needed 2x" in outcome.evidence


def test_no_gain_at_all_earns_nothing():
    with pytest.raises(Failed) as caught:
        race(0.5)
    assert caught.value.outcome.share == 0.0


def test_on_the_edge_under_noise_it_is_unsure():
    with pytest.raises(Unsure) as caught:
        race(2.0, noise=0.3)
    assert len(caught.value.outcome.race["pairs"]) == measure.MAX_PAIRS


def test_being_slow_does_not_buy_doubt(monkeypatch):
    monkeypatch.setattr(measure, "BUDGET_S", 0.0)
    with pytest.raises(Failed):
        race(0.1)


def test_what_a_timed_call_raises_is_the_verdict():
    def wrong():
        raise Failed("the output of this call is wrong")

    with pytest.raises(Failed, match="output of this call"):
        Race(Target("x", "cpu", 2, "proposed")).run(lambda: 0.1, wrong)


def test_a_busy_neighbour_makes_a_race_unsure_and_not_wrong(monkeypatch):
    """The submission is slow only because others took its cores: that is not the student's failure."""
    monkeypatch.setattr(measure.Neighbours, "share", lambda _: 0.5)
    with pytest.raises(Unsure, match="Other programs used these cores") as caught:
        race(1.0)
    assert caught.value.outcome.race is None


def test_neighbours_see_others_and_not_ourselves():
    def spin(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    neighbours = quiet.Neighbours()
    spin(0.5)
    ours = neighbours.share()
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    try:
        monitor = quiet.Neighbours()
        monitor._own_s = lambda: 0.0  # as if it were not ours
        spin(0.5)
        assert monitor.share() > ours
    finally:
        other.kill()
        other.wait()
