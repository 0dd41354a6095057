"""grader.report and grader.figures on a small class: what the parsed page says.

One file beyond 300 lines, because one class of three students serves every test.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from grader import figures, report, results, roster
from grader.errors import UsageError
from grader.verdict import Outcome, Verdict

NAMES = {"h1": "Åsa Öberg, PhD", "h2": "Dora <script>alert('x')</script> \"Ek\" & Co", "h3": "chen wei"}
EVIL = '<img src=x onerror="alert(1)"> & <b>bold</b></p></article>'
PAIRS = [{"baseline_s": 0.3 + 0.01 * (i % 3), "submission_s": 0.1, "baseline_first": bool(i % 2)} for i in range(9)]
RACE = {
    "speedup": 3.1,
    "low": 2.9,
    "high": 3.3,
    "target": 2.0,
    "source": "proposed",
    "hardware": "cpu",
    "pairs": PAIRS,
}


def find(root: Element, tag: str = "", **wanted: str) -> list[Element]:
    """Elements below `root` with this tag and these attributes; a class is one of several."""
    inside = list(root.iter())[1:]
    return [e for e in inside if tag in ("", e.tag) and all(v in get(e, k).split(" ") for k, v in wanted.items())]


def get(element: Element, name: str) -> str:
    return element.get(name.rstrip("_"), "")


def text(element: Element) -> str:
    """All text inside, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def check(name: str, outcome: Outcome | None, *, points: float = 1.5, framework: str = "torch") -> dict[str, Any]:
    entry = {"id": name, "framework": framework, "claim": f"claim of {name}", "points": points}
    entry |= {"rests_on": "witnessed", "verdict": None}
    if outcome:
        results.record(entry, outcome, seconds=0.1)
    return entry


def hand_in(checks: list[dict[str, Any]], **file: Any) -> results.Results:
    entry = {
        "name": "task.py",
        "framework": "torch",
        "state": "edited",
        "note": "",
        "untouched": [],
        "todos": 2,
    }
    return {
        "schema": 1, "grader": "0", "assignment": "03_loading", "title": "Loading", "whose": "w", "key": "k",
        "isolated": False, "machine": {"cores": 2, "gpu": None}, "files": [entry | file], "checks": checks,
    }  # fmt: skip


def every_verdict() -> list[dict[str, Any]]:
    found = [check(v.name.lower(), Outcome(v, f"evidence {v.value}", share=0.4)) for v in Verdict]
    return [*found, check("pending", None)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Three students with every verdict, a race, a refused file and checks without a result."""
    out = tmp_path / "out"
    ids = [c["id"] for c in every_verdict()]
    raced = [check(i, Outcome(Verdict.PASSED, EVIL, race=RACE)) for i in ids]
    refused = [check(i, Outcome(Verdict.FAILED, EVIL, EVIL, EVIL)) for i in ids]
    results.write(out / "h1/03_loading/results.json", hand_in(every_verdict()))
    results.write(
        out / "h2/03_loading/results.json",
        hand_in(refused, state="refused", note=f"task.py is a link {EVIL}"),
    )
    results.write(out / "h3/03_loading/results.json", hand_in(raced))
    (out / "jobs").mkdir()
    (out / "students.json").write_text(
        json.dumps({"schema": 1, "students": {i: {"name": n} for i, n in NAMES.items()}})
    )
    return out


def page(out: Path) -> Element:
    """The page, which is well-formed XML as well: nothing can be left open."""
    html = out.parent / "pages" / "report.html"
    report.write(out, html)
    root = ET.fromstring(html.read_text("utf-8"))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def student(root: Element, id_: str) -> Element:
    (section,) = find(root, "section", id=f"student.{id_}")
    return section


def test_names_and_evidence_are_text(out: Path) -> None:
    root = page(out)
    assert find(root, "script") == find(root, "img") == find(root, "b") == []
    assert [e for e in find(root) if any(a.startswith("on") for a in e.attrib)] == []
    assert text(find(student(root, "h2"), "bdi")[0]) == " ".join(NAMES["h2"].split())
    evidence = find(find(student(root, "h2"), "article")[0], "p")
    assert [text(p) for p in evidence[2:]] == [EVIL, EVIL, f"Next: {EVIL}"]


def test_html_and_xml_read_the_same_elements(out: Path) -> None:
    seen: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: seen.append(tag)  # type: ignore[method-assign]
    tree = page(out)
    parser.feed((out.parent / "pages" / "report.html").read_text("utf-8"))
    assert seen == [e.tag.lower() for e in tree.iter()]


def test_every_student_once_by_name(out: Path) -> None:
    root = page(out)
    sections = [s.get("id") for s in find(root, "section", class_="student")]
    assert sections == ["student.h3", "student.h2", "student.h1"]
    assert [text(a) for th in find(root, "th", scope="row") for a in find(th, "a")] == [
        NAMES[i] for i in ("h3", "h2", "h1")
    ]


def test_matrix_shows_verdicts_in_words(out: Path) -> None:
    (matrix,) = find(page(out), "table")
    line = find(find(matrix, "tbody")[0], "tr")[2]
    said = [text(find(cell, "span", class_="hidden")[0]) for cell in find(line, "a", class_="cell")]
    assert said == [
        "passed, 1.5 of 1.5 points",
        "failed, 0.6 of 1.5 points",
        "unsure, 1.5 of 1.5 points",
        "not measured, 1.5 points: not judged here",
        "held, 1.5 points: held",
        "not checked, 0 of 1.5 points",
        "grader fault, 1.5 points: to be sent again",
        "pending, 1.5 points: no result yet",
    ]
    assert [text(td) for td in find(find(matrix, "tfoot")[0], "td")][2:] == ["2", *["1"] * 7]


def test_symbols_differ_by_verdict() -> None:
    assert set(report.LEGEND) == {v.value for v in Verdict} | {roster.PENDING}
    assert len({symbol for symbol, _ in report.LEGEND.values()}) == len(report.LEGEND)


def test_pending_is_never_a_pass(out: Path) -> None:
    checks = [check(i, None) for i in ("passed", "failed")]
    results.write(out / "h3/03_loading/results.json", hand_in(checks))
    root = page(out)
    assert find(student(root, "h3"), "span", class_="passed") == []
    assert [text(find(a, "span", class_="badge")[0]) for a in find(student(root, "h3"), "article")] == ["… pending"] * 2
    line = find(find(root, "tbody")[0], "tr")[0]
    assert {td.get("class") for td in find(line, "td") if find(td, "a")} == {"pending"}
    assert "2 of 2 checks without a result" in text(student(root, "h3"))
    assert "incomplete" in text(line)
    assert text(find(root, "p", id="unfinished")[0]).startswith("2 results are incomplete.")


def test_no_results_yet_and_nothing_collected(out: Path) -> None:
    (out / "h3/03_loading/results.json").unlink()
    (out / "h1/03_loading/results.json").unlink()
    (out / "h1/03_loading").rmdir()
    rows = {row.id: row for row in roster.table(out)}
    assert (rows["h3"].pending, rows["h3"].verdicts, rows["h3"].note) == (1, {"pending": 1}, "no results yet")
    assert (rows["h1"].pending, rows["h1"].attempted, rows["h1"].note) == (0, False, "nothing collected")
    lines = find(find(page(out), "tbody")[0], "tr")
    assert {td.get("class") for td in find(lines[0], "td") if find(td, "a")} == {"pending"}
    assert find(lines[2], "a", class_="cell") == []


def test_rows_equal_the_score(out: Path) -> None:
    for row in roster.table(out):
        data = results.read(out / row.id / row.assignment / results.NAME)
        score = results.score(data, "torch")
        assert {name: getattr(row, name) for name in score} == score
        assert row.verdicts == Counter(c["verdict"] or "pending" for c in data["checks"])
    assert text(find(student(page(out), "h1"), "strong")[0]) == "3.6 of 6 points judged here"


def test_refused_file_and_start_are_noted(out: Path) -> None:
    results.write(out / "h3/03_loading/results.json", hand_in([check("passed", None)], state="start", untouched=[1, 2]))
    rows = {row.id: row for row in roster.table(out)}
    assert rows["h2"].note == f"refused: task.py is a link {EVIL}"
    assert rows["h3"].note == "not attempted: task.py is still the start; 1 of 1 checks without a result"
    assert (rows["h2"].attempted, rows["h3"].attempted) == (True, False)
    notes = find(student(page(out), "h2"), "p", class_="note")
    assert [text(n) for n in notes] == [f"Note: {rows['h2'].note}."]


def test_one_file_without_requests(out: Path) -> None:
    root = page(out)
    outside = [get(e, a) for e in find(root) for a in ("src", "href", "xlink:href", "srcset") if get(e, a)]
    assert {link[0] for link in outside} == {"#"}
    assert find(root, "link") == find(root, "iframe") == []
    styles = "".join(text(s) for s in find(root, "style")) + "".join(get(e, "style") for e in find(root))
    assert re.findall(r"@import|url\((?!#)", styles) == []


def test_links_lead_to_unique_ids(out: Path) -> None:
    root = page(out)
    counted = Counter(get(e, "id") for e in find(root) if get(e, "id"))
    assert [name for name, count in counted.items() if count > 1] == []
    wanted = {get(e, "href")[1:] for e in find(root) if get(e, "href")}
    wanted |= {i for e in find(root) for i in get(e, "aria-labelledby").split()}
    wanted |= {i for e in find(root) for v in e.attrib.values() for i in re.findall(r"url\(#([^)]+)\)", v)}
    assert wanted - set(counted) == set()


def test_headings_in_order_and_language(out: Path) -> None:
    root = page(out)
    levels = [int(e.tag[1]) for e in find(root) if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert root.get("lang") == "en"
    assert {th.get("scope") for th in find(root, "th")} == {"col", "row"}


def test_sandbox_banner_counts_hand_ins(out: Path) -> None:
    assert text(find(page(out), "p", id="no-sandbox")[0]).startswith(
        "3 hand-ins ran without a sandbox on this machine."
    )
    for path in out.glob("*/*/results.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"isolated": True}))
    assert find(page(out), "p", id="no-sandbox") == []


def test_every_race_has_its_figure(out: Path) -> None:
    root = page(out)
    pictures = find(student(root, "h3"), "svg", role="img")
    assert len(pictures) == len(every_verdict()) == len(find(root, "svg"))
    assert text(find(pictures[0], "title")[0]) == "chen wei: claim of passed"
    words = "The median is 3.1x the start's speed, the 95 % interval 2.9x to 3.3x, above the 2x that is needed."
    assert text(find(pictures[0], "desc")[0]).endswith(words)


def test_figure_draws_each_pair_filled_or_hollow() -> None:
    slow = [{"baseline_s": 0.1, "submission_s": 0.1, "baseline_first": True}] * 3
    root = ET.fromstring(figures.race_svg(RACE | {"pairs": PAIRS + slow}, "t"))
    styles = [e.get("style", "") for e in root.iter("{http://www.w3.org/2000/svg}use")]
    dots = Counter("hollow" if "#ffffff" in s else "filled" for s in styles if "stroke: #2b5380" in s)
    assert dots == {"filled": 9, "hollow": 3}
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"needed 2x", "median 3.1x", "2.9 to 3.3, above"} <= set(texts)


@pytest.mark.parametrize(("target", "side"), [(2.9, "above"), (3.0, "across"), (3.3, "across"), (3.4, "below")])
def test_side_of_the_interval(target: float, side: str) -> None:
    assert figures.side(RACE | {"target": target}) == side


@pytest.mark.parametrize(
    "odd",
    [
        {"pairs": []},
        {"pairs": [PAIRS[0] | {"submission_s": 0}]},
        {"low": 0, "speedup": 0, "target": 0},
        {"high": float("inf")},
    ],
)
def test_figure_of_an_odd_race(odd: dict[str, Any]) -> None:
    assert ET.fromstring(figures.race_svg(RACE | odd, "<&$x$>"))[0].text == "<&$x$>"


def test_two_frameworks_are_two_sheets(out: Path) -> None:
    both = [check("one", Outcome(Verdict.PASSED)), check("one", None, framework="tensorflow")]
    results.write(out / "h1/03_loading/results.json", hand_in(both))
    assert [(r.framework, r.pending) for r in roster.table(out) if r.id == "h1"] == [
        ("torch", 0),
        ("tensorflow", 1),
    ]
    assert [text(h) for h in find(page(out), "h3")][:2] == ["03 Loading (torch)", "03 Loading (tensorflow)"]


def test_half_a_character_is_no_fault(out: Path) -> None:
    (out / "students.json").write_text('{"schema": 1, "students": {"h1": {"name": "A\\ud800"}}}')
    assert text(find(student(page(out), "h1"), "bdi")[0]) == "A?"


def test_without_students_json_ids_are_shown(out: Path) -> None:
    (out / "students.json").unlink()
    assert [row.name for row in roster.table(out)] == ["h1", "h2", "h3"]


def test_broken_results_hide_no_one(out: Path) -> None:
    (out / "h1/03_loading/results.json").write_text("{")
    rows = {row.id: row for row in roster.table(out)}
    assert (rows["h1"].pending, rows["h3"].pending) == (1, 0)
    assert "cannot be read" in text(student(page(out), "h1"))


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1, "students": []}', '{"schema": 2, "students": {}}'])
def test_broken_students_json(out: Path, text: str) -> None:
    (out / "students.json").write_text(text)
    with pytest.raises(UsageError, match=r"students\.json"):
        roster.table(out)


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        roster.table(tmp_path / "no")
    with pytest.raises(UsageError, match="First: grader grade"):
        report.write(tmp_path, tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_page_is_replaced_in_one_step_and_private(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    html = tmp_path / "report.html"
    html.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(UsageError, match="No space"):
            report.write(out, html)
    assert html.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    report.write(out, html)
    assert html.stat().st_mode & 0o777 == 0o600


def test_cannot_write_says_what_to_do(out: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="choose another file"):
        report.write(out, tmp_path / "file" / "report.html")


def test_odd_ids_become_plain_anchors() -> None:
    assert report.anchor("student", "h1") == "student.h1"
    odd = [report.anchor("student", i) for i in ("a b", 'a"b', "å")]
    assert len(set(odd)) == 3
    assert all(re.fullmatch(r"x[0-9a-f]{16}", name) for name in odd)
