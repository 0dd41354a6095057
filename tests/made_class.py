"""A class of three for the tests of the report: made-up results with every verdict, and a look at pages as trees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from grader import report, results, roster
from grader.course import Course
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


def check(name: str, outcome: Outcome | None, *, points: float = 1.5, framework: str = "torch") -> dict[str, Any]:
    entry = {"id": name, "framework": framework, "claim": f"claim of {name}", "points": points}
    entry |= {"rests_on": "witnessed", "verdict": None}
    if outcome:
        results.record(entry, outcome, seconds=0.1)
    return entry


def task(name: str = "task.py", framework: str = "torch", **more: Any) -> dict[str, Any]:
    file = {"name": name, "framework": framework, "state": "edited", "note": "", "untouched": [], "todos": 2}
    return file | more


def hand_in(checks: list[dict[str, Any]], *files: dict[str, Any], **file: Any) -> results.Results:
    """Results of one hand-in, with `files`, or with one task.py that `file` describes."""
    return {
        "schema": 1, "grader": "0", "assignment": "03_loading", "title": "Loading", "whose": "the hand-in /srv/x",
        "key": "k", "isolated": False, "machine": {"cores": 2, "gpu": None},
        "files": list(files) or [task(**file)], "checks": checks,
    }  # fmt: skip


def two_sides(torch: Verdict | None, tensorflow: Verdict | None) -> results.Results:
    """Results of an assignment with two frameworks and one check each; None for a side that is still the start."""
    sides = {"torch": torch, "tensorflow": tensorflow}
    checks = [check("one", Outcome(v), framework=name) for name, v in sides.items() if v]
    files = [task(f"task_{name}.py", name, state="edited" if v else "start") for name, v in sides.items()]
    return hand_in(checks, *files)


def every_verdict() -> list[dict[str, Any]]:
    found = [check(v.name.lower(), Outcome(v, f"evidence {v.value}", share=0.4)) for v in Verdict]
    return [*found, check("pending", None)]


def put(out: Path, student: str, data: results.Results) -> None:
    results.write(out / student / data["assignment"] / results.NAME, data)


def rows_of(out: Path) -> list[roster.Row]:
    """A row for each student, assignment and framework."""
    return [row for submission in roster.submissions(out) for row in roster.rows(submission)]


def make(out: Path) -> Path:
    """Three students with every verdict, a race, a refused file and checks without a result."""
    ids = [c["id"] for c in every_verdict()]
    put(out, "h1", hand_in(every_verdict()))
    refused = [check(i, Outcome(Verdict.FAILED, EVIL, EVIL, EVIL)) for i in ids]
    put(out, "h2", hand_in(refused, state="refused", note=f"task.py is a link {EVIL}"))
    put(out, "h3", hand_in([check(i, Outcome(Verdict.PASSED, EVIL, race=RACE)) for i in ids]))
    (out / "jobs").mkdir()
    name_them(out, NAMES)
    return out


def name_them(out: Path, names: dict[str, str]) -> None:
    students = {"schema": 1, "students": {i: {"name": n} for i, n in names.items()}}
    (out / "students.json").write_text(json.dumps(students))


def write(out: Path, rule: str = "better") -> Path:
    """Write all pages; returns the class page."""
    html = out.parent / "pages" / "report.html"
    report.write(roster.submissions(out), html, Course(rule))
    return html


def tree(path: Path) -> Element:
    """A page, which is well-formed XML as well: nothing can be left open."""
    root = ET.fromstring(path.read_text("utf-8"))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def class_page(out: Path, rule: str = "better") -> Element:
    return tree(write(out, rule))


def student_page(out: Path, id_: str, rule: str = "better") -> Element:
    return tree(write(out, rule).with_name("report-students") / f"{id_}.html")


def find(root: Element, tag: str = "", **wanted: str) -> list[Element]:
    """Elements below `root` with this tag and these attributes; a class is one of several."""
    inside = list(root.iter())[1:]
    return [e for e in inside if tag in ("", e.tag) and all(v in get(e, k).split(" ") for k, v in wanted.items())]


def get(element: Element, name: str) -> str:
    return element.get(name.rstrip("_"), "")


def text(element: Element) -> str:
    """All text inside, with single spaces."""
    return " ".join("".join(element.itertext()).split())
