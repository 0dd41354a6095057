"""`grader acceptance` on the toy course, where a race takes a second; and its bounds."""

import pytest

from grader.acceptance import upper_bound

pytestmark = pytest.mark.alone


def test_a_machine_is_judged_by_races_whose_truth_is_known(course):
    answer = course.run("grader", "acceptance", "--minutes", "0")
    lines = answer.stdout.splitlines()
    names = ("itself, 1.1x needed", "itself, 0.909x needed", "the solution", "still_slow")
    assert [line[3:].partition(", ")[2].partition(":")[0] for line in lines[1:5]] == list(names)
    assert lines[4].startswith("ok 01 torch fast, still_slow: failed")
    assert " false pass false fail     unsure   10% away  seconds" in answer.stdout
    assert "so in at most" in answer.stdout
    assert ("Fit to grade speed on" in lines[-1]) == (answer.returncode == 0)


def test_without_solutions_there_is_nothing_to_race_against(course):
    (course.folder / "solutions").rename(course.folder / "gone")
    answer = course.run("grader", "acceptance")
    assert answer.returncode == 2
    assert "there are no solutions here" in answer.stderr


@pytest.mark.parametrize(
    ("found", "count", "bound"),
    [(0, 50, 0.0582), (0, 1, 0.95), (3, 50, 0.1478), (5, 5, 1.0), (0, 10_000, 0.0002995), (10, 10_000, 0.0016962)],
)
def test_bounds_are_those_of_clopper_and_pearson(found, count, bound):
    """Reference: scipy.stats.beta.ppf(0.95, found + 1, count - found)."""
    assert upper_bound(found, count) == pytest.approx(bound, rel=1e-3)
