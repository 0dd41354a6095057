"""grader.report and grader.figures, a student's page: all about one, nothing about others."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from grader import figures
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.made_class import (
    EVIL,
    NAMES,
    PAIRS,
    RACE,
    check,
    every_verdict,
    find,
    hand_in,
    put,
    student_page,
    text,
    two_sides,
)


@pytest.fixture
def out(tmp_path):
    return made_class.make(tmp_path / "out")


def test_a_page_names_nobody_else(out):
    names = {"h1": "Astrid Fyrklöver", "h2": "Bertil Gran", "h3": "Cecilia Hav"}
    made_class.name_them(out, names)
    folder = made_class.write(out).with_name("report-students")
    assert sorted(p.name for p in folder.iterdir()) == ["h1.html", "h2.html", "h3.html"]
    for path in folder.iterdir():
        page = path.read_text("utf-8")
        assert [i for i, name in names.items() if name in page] == [path.stem]
        assert [i for i in names if i != path.stem and f"{i}.html" in page] == []
        assert "/srv/x" not in page


def test_evidence_cause_and_next_step_are_text(out):
    root = student_page(out, "h2")
    assert text(find(root, "h1")[0]) == "Results of " + " ".join(NAMES["h2"].split())
    first = find(find(root, "article")[0], "p")
    assert [text(p) for p in first[2:]] == [EVIL, EVIL, f"Next: {EVIL}"]
    assert text(find(root, "p", class_="note")[0]) == f"Refused: task.py is a link {EVIL}."


def test_checks_without_a_result_are_no_passes(out):
    put(out, "h3", hand_in([check(i, None) for i in ("passed", "failed")]))
    root = student_page(out, "h3")
    assert [text(find(a, "span", class_="badge")[0]) for a in find(root, "article")] == ["… pending"] * 2
    assert "2 of 2 checks without a result" in text(root)


def test_the_score_and_what_could_not_be_judged(out):
    said = text(find(find(student_page(out, "h1"), "header")[1], "p")[0])
    assert said.startswith("3.6 of 6 points judged here; 6 could not be judged.")


def test_legend_explains_what_is_on_the_page(out):
    said = [text(dt) for dt in find(student_page(out, "h3"), "dt")]
    assert said == ["✓ passed", "witnessed", "self-reported"]
    assert len(find(student_page(out, "h1"), "dt")) == len(every_verdict()) + 2


def test_two_frameworks_say_which_counts(out):
    put(out, "h1", two_sides(Verdict.FAILED, Verdict.PASSED))
    put(out, "h2", two_sides(None, Verdict.PASSED))
    root = student_page(out, "h1")
    assert [text(h) for h in find(root, "h3")] == ["PyTorch", "TensorFlow"]
    assert "Grade: 1.5 of 1.5 points; counts: TensorFlow, the better of the two." in text(root)
    assert "Grade: 0.75 of 1.5 points; counts: the mean of both" in text(student_page(out, "h1", "both"))
    assert "Not attempted: task_torch.py is still the start." in text(student_page(out, "h2"))


def test_what_stops_many_checks_is_said_once(out):
    waiting = [check(f"c{i}", Outcome(Verdict.NOT_CHECKED, "task.py cannot be imported.")) for i in range(4)]
    put(out, "h3", hand_in([check("a", Outcome(Verdict.FAILED, "It does not parse.")), *waiting]))
    assert text(student_page(out, "h3")).count("task.py cannot be imported.") == 1


def test_every_race_has_its_figure_and_its_ratios(out):
    root = student_page(out, "h3")
    pictures = find(root, "svg", role="img")
    assert len(pictures) == len(every_verdict())
    assert text(find(pictures[0], "title")[0]) == "claim of passed"
    words = "The median is 3.1x the start's speed, the 95 % interval 2.9x to 3.3x, above the 2x that is needed."
    assert text(find(pictures[0], "desc")[0]).endswith(words)
    assert "Ratios in order: 3.0, 3.1, 3.2, 3.0, 3.1, 3.2, 3.0, 3.1, 3.2." in text(find(root, "figcaption")[0])


def test_a_race_says_what_the_solution_did_there_and_which_pairs_were_repeated(out):
    unfair = {**PAIRS[0], "others": 0.4, "unfair": "other programs used these cores"}
    beside = {"needed": 1.5, "possible": {"speedup": 1.6, "low": 1.5, "high": 1.7}, "pairs": [unfair, *PAIRS]}
    put(out, "h1", hand_in([check("a", Outcome(Verdict.PASSED, "e", race=RACE | beside))]))
    caption = text(find(student_page(out, "h1"), "figcaption")[0])
    assert "The solution, raced in the same job: 1.60x (1.50 to 1.70)." in caption
    assert "1 more pair was unfair and repeated: other programs used these cores." in caption
    assert "Ratios in order: 3.0, 3.1, 3.2, 3.0, 3.1, 3.2, 3.0, 3.1, 3.2." in caption
    assert "needed 1.5x" in text(find(student_page(out, "h1"), "svg", role="img")[0])


# --- the figure alone ------------------------------------------------------------------------------------------------


def figure(race):
    root = ET.fromstring(figures.race_svg(race, "t"))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def test_figure_draws_each_pair_filled_or_hollow():
    slow = [{"baseline_s": 0.1, "submission_s": 0.1, "baseline_first": True}] * 3
    root = figure(RACE | {"pairs": PAIRS + slow})
    assert Counter(e.get("class") for e in find(root, "circle")) == {"dot reached": 9, "dot": 3}
    assert {"needed 2x", "median 3.1x", "2.9 to 3.3, above"} <= {e.text for e in find(root, "text")}


def test_higher_in_the_figure_is_faster():
    root = figure(RACE)
    heights = {name: float(find(root, "line", class_=name)[0].get("y1")) for name in ("one", "needed", "median")}
    assert heights["one"] > heights["needed"] > heights["median"]
    dots = [float(dot.get("cy")) for dot in find(root, "circle")]
    assert dots[0] > dots[1] > dots[2]
    (band,) = find(root, "rect", class_="band")
    assert float(band.get("y")) < heights["median"] < float(band.get("y")) + float(band.get("height"))


@pytest.mark.parametrize(("target", "side"), [(2.9, "above"), (3.0, "across"), (3.3, "across"), (3.4, "below")])
def test_side_of_the_interval(target, side):
    assert figures.side(RACE | {"target": target}) == side


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"pairs": []},
        {"pairs": [PAIRS[0] | {"submission_s": 0}]},
        {"low": 0, "speedup": 0, "target": 0},
        {"high": float("inf")},
        {"speedup": 3000.0, "high": 4000.0},
        {"target": 3.1},
        {"target": 300.0},
        {"pairs": PAIRS * 9},
    ],
)
def test_everything_lies_inside_the_figure(odd):
    root = figure(RACE | odd)
    for name, limit in (("x", 400), ("y", 176)):
        keys = (name, f"c{name}", f"{name}1", f"{name}2")
        assert all(0 <= float(e.get(key)) <= limit for e in find(root) for key in keys if e.get(key))


def test_title_is_escaped():
    assert ET.fromstring(figures.race_svg(RACE, "<&$x$>"))[0].text == "<&$x$>"
