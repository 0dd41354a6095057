"""grader.course: the rules of course.toml, and what a grade can never do."""

import itertools

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import course, results, schema
from grader.course import Course, Grade
from grader.errors import UsageError
from grader.verdict import NOT_COUNTED, Outcome, Verdict

SIDES = ("torch", "tensorflow")


@pytest.fixture
def load(tmp_path):
    """Write a course.toml beside three assignments, and load it."""
    for name in ("01_a", "02_b", "12_c"):
        (tmp_path / "assignments" / name).mkdir(parents=True)

    def load(text):
        (tmp_path / "course.toml").write_text(text)
        return course.load(tmp_path / "course.toml", tmp_path / "assignments")

    return load


def test_without_a_file_the_better_counts(tmp_path):
    assert course.load(tmp_path / "course.toml") == Course("better", {})


def test_exceptions_are_by_number_or_name(load):
    rules = load('[grade]\nframework = "torch"\n[grade.assignments]\n"2" = "both"\n12_c = "tensorflow"\n')
    assert [rules.rule(name) for name in ("01_a", "02_b", "12_c")] == ["torch", "both", "tensorflow"]
    assert load("") == load("[grade]\n") == Course()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grade", "course.toml cannot be read"),
        ('[grade]\nframework = "best"', "grade.framework is 'best', expected one of 'better', 'torch'"),
        ('[grade]\nframwork = "both"', "grade.framwork is not known; known are framework, assignments"),
        ('[grade.assignments]\n"01" = 3', "grade.assignments.01 is 3, expected one of"),
        ('[grade.assignments]\n"09" = "both"', r"\[grade.assignments\] has '09', expected one of 01_a, 02_b, 12_c"),
        ("[grades]", "grades is not known; known are grade"),
    ],
)
def test_a_mistake_is_named(load, text, message):
    with pytest.raises(UsageError, match=message):
        load(text)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.load("course"))


def scored(attempted=True, **points):
    return {"earned": 0, "judged": 0, "total": 10, "pending": 0, "attempted": attempted} | points


@pytest.mark.parametrize(
    ("torch", "tensorflow", "rule", "expected"),
    [
        # By points torch would be better; only TensorFlow's one failure is known.
        ((9, 10), (8.5, 9), "better", Grade(8.5, 9, 10, 0, "tensorflow", "the better of the two")),
        ((8, 10), (4, 5), "better", Grade(8, 10, 10, 0, "torch", "the better of the two")),
        ((7, 9), (7, 9), "better", Grade(7, 9, 10, 0, "torch", "the two are equal")),
        ((0, 10), (0, 0), "better", Grade(0, 10, 10, 0, "torch", "the better of the two")),
        ((9, 10), (2, 9), "tensorflow", Grade(2, 9, 10, 0, "tensorflow", "as course.toml says")),
        ((9, 10), (2, 9), "both", Grade(5.5, 9.5, 10, 0, "", "the mean of both, as course.toml says")),
        ((9, 10), None, "better", Grade(9, 10, 10, 0, "torch", "")),
        ((9, 10), None, "both", Grade(4.5, 10, 10, 0, "", "the mean of both, as course.toml says")),
        ((9, 10), None, "tensorflow", None),
        (None, None, "both", None),
    ],
)
def test_the_rule_and_two_frameworks(torch, tensorflow, rule, expected):
    pairs = zip(SIDES, (torch, tensorflow), strict=True)
    scores = {name: scored(earned=p[0], judged=p[1]) if p else scored(False, total=0) for name, p in pairs}
    assert course.grade(scores, rule) == expected


def test_the_grade_waits_for_either_framework():
    scores = {"torch": scored(earned=9, judged=10), "tensorflow": scored(earned=1, judged=2, pending=3)}
    assert course.grade(scores).pending == 3
    assert course.grade(scores, "torch").pending == 0


# --- properties, on scores that were made from verdicts --------------------------------------------------------------

outcomes = st.tuples(st.sampled_from([0.5, 1, 1.5, 3]), st.sampled_from([*Verdict, None]), st.sampled_from([0, 0.4, 1]))
side = st.lists(outcomes, min_size=1, max_size=8)


def score(checks, framework="torch", state="edited"):
    entries = []
    for number, (points, verdict, share) in enumerate(checks):
        entries.append({"id": str(number), "framework": framework, "points": points, "verdict": None})
        if verdict:
            results.record(entries[-1], Outcome(verdict, share=share), 0)
    return results.score({"checks": entries, "files": [{"framework": framework, "state": state}]}, framework)


def share(points):
    return points["earned"] / points["judged"] if points["judged"] else 0


def graded(one, other, rule="better"):
    grade = course.grade({"torch": score(one), "tensorflow": score(other, "tensorflow")}, rule)
    return vars(grade)


@given(side, side, st.sampled_from(["better", "both", *SIDES]))
def test_never_more_than_what_was_judged(one, other, rule):
    grade = graded(one, other, rule)
    assert 0 <= grade["earned"] <= grade["judged"] + 0.01
    assert grade["judged"] <= grade["total"] + 0.01


@given(side, side)
def test_the_better_is_never_below_either(one, other):
    assert share(graded(one, other)) >= max(share(score(one)), share(score(other))) - 1e-9


@given(side, side)
def test_the_mean_lies_between_the_two(one, other):
    shares = [share(s) for s in (score(one), score(other)) if s["judged"]]
    if shares:
        # Points are rounded to hundredths.
        assert min(shares) - 0.02 <= share(graded(one, other, "both")) <= max(shares) + 0.02


@given(side, side, st.sampled_from(["better", "both", *SIDES]))
def test_the_order_of_the_frameworks_does_not_matter(one, other, rule):
    scores = {"torch": score(one), "tensorflow": score(other, "tensorflow")}
    orders = [course.grade(dict(order), rule) for order in itertools.permutations(scores.items())]
    assert orders[0] == orders[1]


@given(side, side, st.sampled_from([0.5, 3]), st.sampled_from([Verdict.UNSURE, *sorted(NOT_COUNTED)]))
def test_what_is_not_certain_never_costs_against_a_failure(one, other, points, verdict):
    certain = share(graded([*one, (points, Verdict.FAILED, 0)], other))
    assert share(graded([*one, (points, verdict, 0)], other)) >= certain - 1e-9


@given(side, side, st.sampled_from([0.5, 3]))
def test_unsure_counts_as_passed(one, other, points):
    both = [graded([*one, (points, verdict, 0)], other) for verdict in (Verdict.UNSURE, Verdict.PASSED)]
    assert both[0] == both[1]


@given(side, side, st.sampled_from(["start", "missing"]))
def test_a_side_that_was_not_attempted_changes_nothing(one, other, state):
    scores = {"torch": score(one), "tensorflow": score(other, "tensorflow", state)}
    assert course.grade(scores) == course.grade({"torch": scores["torch"]})


@given(side, st.sampled_from(["better", "both", *SIDES]))
def test_with_one_framework_the_rule_does_not_matter(one, rule):
    expected = score(one)
    grade = course.grade({"torch": expected}, rule)
    assert {key: vars(grade)[key] for key in ("earned", "judged", "total")} == {
        key: expected[key] for key in ("earned", "judged", "total")
    }
    assert (grade.framework, grade.why) == ("torch", "")


def test_the_total_leaves_out_what_has_no_grade():
    assert course.total([Grade(8, 9, 10, 1, "torch"), None, Grade(1.5, 2, 10)]) == Grade(9.5, 11, 20, 1)
