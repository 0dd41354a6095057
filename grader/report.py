"""The report of a class: a page with everyone's grades and verdicts, and beside it a page for each student.

Every page holds all that it shows. A student's page names nobody else, and can be given to the student.
To show more: grader.matrix and grader.blocks say what templates/*.html see.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import atomic, blocks, matrix, panel, roster, standing
from grader.course import Course
from grader.errors import UsageError
from grader.roster import Submission
from grader.standing import Standing

if TYPE_CHECKING:
    from jinja2 import Environment

Tell = Callable[[int, int], None]
"""Called with how many pages are written, and how many there are."""


def write(
    submissions: Sequence[Submission], html: Path, rules: Course, tell: Tell = lambda _done, _all: None
) -> list[Path]:
    """Write the class page to `html` and the students' pages to the folder beside it; returns the paths.

    Every file is replaced in one step. Raises UsageError: jinja2 is missing, or a file cannot be written.
    """
    everyone = standing.class_of(submissions, rules)
    folder = html.with_name(f"{html.stem}-students")
    engine = _engine()
    columns = _columns(everyone)
    titles = {column[0].assignment: blocks.heading(column) for column in columns}  # known from whoever handed it in
    wanted = [(folder / f"{blocks.anchor(one.id)}.html", _student(one, titles)) for one in everyone]
    pages = [
        *((path, "student.html", facts) for path, facts in wanted),
        (html, "class.html", _class(everyone, columns, folder)),
    ]
    for done, (path, template, facts) in enumerate(pages):
        tell(done, len(pages))
        with atomic.replacing(path) as file:
            file.writelines(engine.get_template(template).generate(facts))
    folder.chmod(0o700)
    tell(len(pages), len(pages))
    return [path for path, _, _ in pages]


def _engine() -> Environment:
    # Here, so that the table works where jinja2 is not installed.
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise UsageError(f"the page needs {error.name}: pip install -e '.[instructor]'") from None
    from grader import figures, scaling

    folder = FileSystemLoader(Path(__file__).parent / "templates")
    page = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters["points"] = panel.points
    page.globals |= {"figures": figures, "scaling": scaling, "anchor": blocks.anchor, "machine": blocks.machine}
    page.globals |= {"heading": blocks.heading, "blocks": blocks.blocks, "written": time.strftime("%Y-%m-%d %H:%M %z")}
    page.globals |= {"verdicts": blocks.LEGEND, "evidence": blocks.EVIDENCE, "label": panel.label}
    return page


def _columns(everyone: Sequence[Standing]) -> list[list[Submission]]:
    """The submissions of each assignment."""
    return [[r.submission for r in column] for column in zip(*(one.results for one in everyone), strict=True)]


def _class(everyone: Sequence[Standing], columns: list[list[Submission]], folder: Path) -> dict[str, Any]:
    submissions = [submission for column in columns for submission in column]
    graded = [s.data for s in submissions if s.data]
    return {
        "updated": sorted(d["updated"][:16].replace("T", " ") for d in graded if "updated" in d),
        "machines": Counter(f"{blocks.machine(d['machine'])}; grader {d['grader']}" for d in graded),
        "unsandboxed": sum(not d["isolated"] for d in graded),
        "unfinished": sum(row.pending > 0 for s in submissions for row in roster.rows(s)),
        "assignments": columns,
        "choice": any(len(result.rows) > 1 for one in everyone for result in one.results),
        "students": [(one, f"{folder.name}/{blocks.anchor(one.id)}.html", standing.notes(one)) for one in everyone],
        "sheets": matrix.sheets(everyone, folder.name),
    }


def _student(one: Standing, titles: dict[str, str]) -> dict[str, Any]:
    used = set(_verdicts(one))
    return {
        "student": one,
        "titles": titles,
        "legend_used": {verdict: words for verdict, words in blocks.LEGEND.items() if verdict in used},
        "updated": sorted(
            r.submission.data.get("updated", "")[:16].replace("T", " ") for r in one.results if r.submission.data
        ),
    }


def _verdicts(one: Standing) -> Iterator[str]:
    for result in one.results:
        for row in result.rows:
            yield from row.verdicts
