"""grader.scaling: efficiency by number of ranks, in numbers, in words and as a picture of the report."""

from xml.etree import ElementTree as ET

import pytest

from grader import scaling
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.made_class import RACE, check, find, hand_in, put, student_page, text

CURVE = [{"ranks": 1, "seconds": 0.8}, {"ranks": 2, "seconds": 0.5}, {"ranks": 4, "seconds": 0.4}]


def test_efficiency_is_speedup_per_rank():
    assert scaling.efficiency(CURVE) == [(1, 1.0), (2, 0.8), (4, 0.5)]
    assert scaling.describe(CURVE) == "2 ranks: 1.6x one rank, efficiency 80%; 4 ranks: 2.0x one rank, efficiency 50%"


@pytest.mark.parametrize(
    ("count", "available", "expected"),
    [(2, 2, []), (2, 7, [4]), (2, 8, [4, 8]), (2, 200, [4, 8, 16]), (3, 6, [6])],
)
def test_ranks_are_doubled_while_each_has_a_core(count, available, expected):
    assert scaling.more_ranks(count, available) == expected


def test_the_first_call_warms_up_and_the_median_counts():
    times = iter([9.0, 1.0, 5.0, 2.0])
    assert scaling.seconds(lambda: next(times)) == 2.0


def test_the_picture_has_a_point_for_each_number_of_ranks():
    root = ET.fromstring(scaling.svg(CURVE, "Efficiency"))
    space = "{http://www.w3.org/2000/svg}"
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{space}circle")]
    assert len(dots) == 3
    across, down = zip(*dots, strict=True)
    assert sorted(across) == list(across)
    assert sorted(down) == list(down)  # less efficient is lower
    assert {t.text for t in root.iter(f"{space}text")} >= {"80%", "50%", "ranks", "1", "2", "4"}


def test_a_students_page_shows_the_curve_of_a_race_between_ranks(tmp_path):
    out = made_class.make(tmp_path / "out")
    outcome = Outcome(Verdict.PASSED, "1.6x", race=RACE | {"scaling": CURVE})
    put(out, "h1", hand_in([check("two_ranks", outcome)]))
    figures = find(student_page(out, "h1"), "figure")
    assert len(figures) == 2
    assert "efficiency 80%; 4 ranks" in text(figures[1])
    assert "Beyond 2 ranks: 3 calls each, for information." in text(figures[1])
