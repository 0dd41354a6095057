"""grader.report, the class page: what the parsed page says of a small class."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from grader import blocks, report, roster
from grader.course import Course
from grader.errors import UsageError
from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.made_class import EVIL, NAMES, check, class_page, find, get, hand_in, put, rows_of, text, tree, two_sides


@pytest.fixture
def out(tmp_path):
    return made_class.make(tmp_path / "out")


def pages(out: Path) -> list[Path]:
    html = made_class.write(out)
    return [html, *sorted(html.with_name("report-students").iterdir())]


def matrix(root):
    (found,) = find(root, "table", class_="matrix")
    return found


def grades(root):
    """The table of grades: student, then the cells."""
    (table,) = find(root, "table", class_="grades")
    rows = find(find(table, "tbody")[0], "tr")
    return {text(find(row, "bdi")[0]): [text(cell) for cell in find(row, "td")] for row in rows}


def test_refused_file_and_start_are_noted(out):
    put(out, "h3", hand_in([], state="start", untouched=[1, 2]))
    rows = {row.id: row for row in rows_of(out)}
    assert rows["h2"].note == f"refused: task.py is a link {EVIL}"
    assert (rows["h3"].note, rows["h3"].pending) == ("not attempted: task.py is still the start", 0)
    assert (rows["h2"].attempted, rows["h3"].attempted) == (True, False)
    assert grades(class_page(out))["chen wei"] == ["not attempted"]
    assert rows["h2"].note in text(find(class_page(out), "ul", class_="notes")[0])


def test_what_was_not_handed_in_is_noted(out):
    put(out, "h3", hand_in([], state="missing", note="task.py is not in the hand-in"))
    root = class_page(out)
    assert grades(root)["chen wei"] == ["not handed in"]
    assert text(find(root, "li")[-3]) == "chen wei: 03 missing: task.py is not in the hand-in."


def test_one_failure_that_stops_all_is_said_once(out):
    checks = [check("first", Outcome(Verdict.FAILED, "task.py does not parse.\nline 3: SyntaxError\n  def f(:"))]
    checks += [check(f"c{i}", Outcome(Verdict.NOT_CHECKED, "task.py cannot be imported.")) for i in range(5)]
    put(out, "h3", hand_in([*checks, check("gpu", Outcome(Verdict.NOT_MEASURED, "This needs a GPU."))]))
    reason = "one failure stops 5 other checks: task.py does not parse. line 3: SyntaxError"
    assert next(row.note for row in rows_of(out) if row.id == "h3") == reason
    assert f"chen wei: 03 {reason}." in [text(li) for li in find(class_page(out), "li")]


def test_a_file_that_equals_the_solution_is_shown_to_the_instructor_only(out):
    way = "the same program after renaming"
    put(out, "h3", hand_in([check("a", Outcome(Verdict.PASSED))], like_solution=way))
    assert f"chen wei: 03 task.py may be the solution: {way}." in [text(li) for li in find(class_page(out), "li")]
    assert [p.name for p in pages(out) if way in p.read_text("utf-8")] == ["report.html"]


def test_two_frameworks_and_the_one_that_counts(out):
    put(out, "h1", two_sides(Verdict.FAILED, Verdict.PASSED))
    put(out, "h2", two_sides(Verdict.PASSED, None))
    put(out, "h3", two_sides(None, None))
    root = class_page(out)
    assert [text(h) for h in find(root, "h2")][:3] == ["Grades", "03 Loading, PyTorch", "03 Loading, TensorFlow"]
    assert [text(p) for p in find(root, "p", class_="others")] == [
        "Not attempted by 1: chen wei.",
        f"Not attempted by 2: chen wei; {' '.join(NAMES['h2'].split())}.",
    ]
    assert list(grades(root).values()) == [
        ["not attempted"],
        ["1.5 of 1.5 PyTorch counts"],
        ["1.5 of 1.5 TensorFlow counts"],
    ]
    assert list(grades(class_page(out, "torch")).values())[2] == ["0 of 1.5 PyTorch counts"]
    assert list(grades(class_page(out, "both")).values())[2] == ["0.75 of 1.5 mean of both counts"]
    assert list(grades(class_page(out, "tensorflow")).values())[1] == ["TensorFlow not attempted"]


def test_the_total_over_assignments(out):
    other = hand_in([check("a", Outcome(Verdict.PASSED), points=10)]) | {"assignment": "04_slug", "title": "Other"}
    put(out, "h1", other)
    table = grades(class_page(out))
    assert table[NAMES["h1"]] == ["13.6 of 16 incomplete", "3.6 of 6 incomplete 6 not judged", "10 of 10"]
    assert table["chen wei"] == ["12 of 12 1 without points", "12 of 12", "nothing collected"]
    titles = [text(h) for h in find(made_class.student_page(out, "h3"), "h2")]
    assert titles[:2] == ["03 Loading", "04 Other"]  # of "04_slug", as the others' results have it


def test_no_page_asks_for_anything(out):
    for path in pages(out):
        root = tree(path)
        outside = [get(e, a) for e in find(root) for a in ("src", "xlink:href", "srcset") if get(e, a)]
        assert outside == find(root, "link") == find(root, "iframe") == []
        styles = "".join(text(s) for s in find(root, "style")) + "".join(get(e, "style") for e in find(root))
        assert re.findall(r"@import|url\((?!#)", styles) == []


def test_every_link_leads_somewhere(out):
    written = pages(out)
    ids = {path.name: Counter(get(e, "id") for e in find(tree(path)) if get(e, "id")) for path in written}
    assert [(name, i) for name, found in ids.items() for i, count in found.items() if count > 1] == []
    for path in written:
        root = tree(path)
        for link in (get(a, "href") for a in find(root, "a")):
            file, _, fragment = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target in written
            assert not fragment or fragment in ids[target.name]
        assert {i for e in find(root) for i in get(e, "aria-labelledby").split()} <= set(ids[path.name])


def test_headings_in_order_and_language(out):
    for path in pages(out):
        root = tree(path)
        levels = [int(e.tag[1]) for e in find(root) if re.fullmatch("h[1-6]", e.tag)]
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))
        assert root.get("lang") == "en"
        assert {th.get("scope") for th in find(root, "th")} <= {"col", "row"}


def test_sandbox_banner_counts_hand_ins(out):
    banner = text(find(class_page(out), "p", id="no-sandbox")[0])
    assert banner.startswith("3 hand-ins ran without a sandbox on this machine.")
    for path in out.glob("*/*/results.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"isolated": True}))
    assert find(class_page(out), "p", id="no-sandbox") == []


def test_half_a_character_is_no_fault(out):
    (out / "students.json").write_text('{"schema": 1, "students": {"h1": {"name": "A\\ud800"}}}')
    assert "A?" in grades(class_page(out))


def test_broken_results_hide_no_one(out):
    (out / "h1/03_loading/results.json").write_text("{")
    rows = {row.id: row for row in rows_of(out)}
    assert (rows["h1"].pending, rows["h3"].pending) == (1, 0)
    table = grades(class_page(out))
    assert (table[NAMES["h1"]], table["chen wei"]) == (["results unusable"], ["12 of 12"])
    # The path says where the instructor keeps the class.
    assert str(out) not in (out.parent / "pages/report-students/h1.html").read_text("utf-8")


def test_pages_are_replaced_in_one_step_and_private(out, tmp_path, monkeypatch):
    html = tmp_path / "report.html"
    html.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(UsageError, match="No space"):
            report.write(roster.submissions(out), html, Course())
    assert html.read_text() == "old"
    assert [p.name for p in tmp_path.rglob(".*")] == []
    written = report.write(roster.submissions(out), html, Course())
    assert {p.stat().st_mode & 0o777 for p in written} == {0o600}
    assert (tmp_path / "report-students").stat().st_mode & 0o777 == 0o700


def test_cannot_write_says_what_to_do(out, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="choose another file"):
        report.write(roster.submissions(out), tmp_path / "file" / "report.html", Course())


def test_progress_counts_every_page(out, tmp_path):
    said: list[tuple[int, int]] = []
    report.write(roster.submissions(out), tmp_path / "r.html", Course(), lambda *counts: said.append(counts))
    assert said == [(n, 4) for n in range(5)]


def test_odd_ids_become_plain_anchors():
    assert blocks.anchor("student", "h1") == "student.h1"
    odd = [blocks.anchor("student", i) for i in ("a b", 'a"b', "å")]
    assert len(set(odd)) == 3
    assert all(re.fullmatch(r"x[0-9a-f]{16}", name) for name in odd)


def test_html_and_xml_read_the_same_elements(out):
    for path in pages(out):
        seen: list[str] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, _, seen=seen: seen.append(tag)
        parser.feed(path.read_text("utf-8"))
        assert seen == [e.tag.lower() for e in tree(path).iter()]


def test_names_and_evidence_are_text(out):
    for path in pages(out):
        root = tree(path)
        assert find(root, "script") == find(root, "img") == find(root, "b") == []
        assert [e for e in find(root) if any(a.startswith("on") for a in e.attrib)] == []
    assert " ".join(NAMES["h2"].split()) in grades(class_page(out))


def test_every_student_once_by_name(out):
    root = class_page(out)
    expected = [NAMES[i] for i in ("h3", "h2", "h1")]
    assert list(grades(root)) == expected
    assert [text(th) for th in find(find(matrix(root), "tbody")[0], "th")] == [
        expected[0],
        f"{expected[1]} refused",
        expected[2],
    ]


def test_matrix_shows_verdicts_in_words(out):
    line = find(find(matrix(class_page(out)), "tbody")[0], "tr")[2]
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
    assert [text(td) for td in find(find(matrix(class_page(out)), "tfoot")[0], "td")][2:] == ["2", *["1"] * 7]


def test_symbols_differ_by_verdict():
    assert set(blocks.LEGEND) == {v.value for v in Verdict} | {roster.PENDING}
    assert len({symbol for symbol, _ in blocks.LEGEND.values()}) == len(blocks.LEGEND)


def test_legends_of_verdicts_and_evidence(out):
    said = [text(dt).partition(" ")[2] or text(dt) for dt in find(class_page(out), "dt")]
    assert said == [*blocks.LEGEND, "witnessed", "self-reported"]


def test_pending_is_never_a_pass(out):
    put(out, "h3", hand_in([check(i, None) for i in ("passed", "failed")]))
    root = class_page(out)
    line = find(find(matrix(root), "tbody")[0], "tr")[0]
    assert {td.get("class") for td in find(line, "td") if find(td, "a")} == {"pending"}
    assert "incomplete" in text(line)
    assert grades(root)["chen wei"] == ["0 of 0 incomplete 3 not judged"]
    assert text(find(root, "p", id="unfinished")[0]).startswith("2 results are incomplete.")


def test_no_results_yet_and_nothing_collected(out):
    (out / "h3/03_loading/results.json").unlink()
    (out / "h1/03_loading/results.json").unlink()
    (out / "h1/03_loading").rmdir()
    rows = {row.id: row for row in rows_of(out)}
    assert (rows["h3"].pending, rows["h3"].verdicts, rows["h3"].note) == (1, {"pending": 1}, "no results yet")
    assert (rows["h1"].pending, rows["h1"].attempted, rows["h1"].note) == (0, False, "nothing collected")
    root = class_page(out)
    (waiting, _) = find(find(matrix(root), "tbody")[0], "tr")
    assert {td.get("class") for td in find(waiting, "td") if find(td, "a")} == {"pending"}
    assert text(find(root, "p", class_="others")[0]) == f"Not attempted by 1: {NAMES['h1']}."
    assert (grades(root)["chen wei"], grades(root)[NAMES["h1"]]) == (["no results yet"], ["nothing collected"])
