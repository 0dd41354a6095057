"""A job script as a check of an assignment: what is wrong with it as evidence, a verdict, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.jobscript.check import findings
from grader.jobscript.rules import RULES, Finding
from grader.jobscript.script import parse
from grader.sites import Site
from grader.verdict import Failed

SHOWN = 2
"""Findings that a verdict shows; each takes one or two lines of the six that a message has."""


def judge_script(text: str, site: Site, *, rules: Sequence[str] = (), folder: Path | None = None) -> str:
    """Evidence that a script keeps the rules. Raises Failed with its first findings otherwise.

    With names of rules, any finding of one of them fails, a warning too: the check is about that rule. Without, all
    rules are looked at and only errors fail. `folder` as in `findings`. Raises UsageError for an unknown rule.
    """
    found = findings(parse(text), site, rules=rules, folder=folder)
    wrong = [finding for finding in found if rules or finding.severity == "error"]
    if not wrong:
        warned = "" if not found else f"; {len(found)} warning{'s' if found[1:] else ''}, the first: {found[0]}"
        return f"{len(rules or RULES)} rule{'s' if len(rules or RULES) > 1 else ''} of {site.title} kept{warned}"
    raise _failed(wrong, site)


def _failed(wrong: list[Finding], site: Site) -> Failed:
    more = len(wrong) - SHOWN
    shown = "\n".join(str(finding) for finding in wrong[:SHOWN])
    rest = f"\nAnd {more} more." if more > 0 else ""
    where = f"jobscripts/{site.name} has a script that keeps all rules."
    return Failed(f"{shown}{rest}", next=where, line=next((f.line for f in wrong if f.line), 0))
