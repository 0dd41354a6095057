"""All rules over one script, in the order of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.jobscript import (
    command_rules,
    core_rules,
    gpu_rules,
    header,
    output_rules,
    request,
    signal_rules,
    software_rules,
    value_rules,
)
from grader.jobscript.options import nearest
from grader.jobscript.rules import RULES, Finding, Job
from grader.jobscript.script import Script
from grader.sites import Site

MODULES = (
    header,
    value_rules,
    request,
    output_rules,
    gpu_rules,
    core_rules,
    command_rules,
    signal_rules,
    software_rules,
)
"""Importing them fills the registry."""


def findings(
    script: Script, site: Site, *, rules: Sequence[str] = (), folder: Path | None = None, wants_gpu: bool = True
) -> list[Finding]:
    """What is wrong with a script on a site, by line; what concerns all of it comes first.

    `rules` are names, all where none is given. `folder` is where sbatch is called: without it, relative folders of the
    output are not looked for. `wants_gpu` is false for a job that prepares, or submits others. Raises UsageError for a
    rule that is not there.
    """
    for name in rules:
        if name not in RULES:
            near = nearest(name, tuple(RULES), 0)
            raise UsageError(f"there is no rule '{name}' for job scripts; did you mean '{near}'?")
    job = Job.of(script, site, folder, wants_gpu=wants_gpu)
    found = [finding for name in rules or RULES for finding in RULES[name].findings(job)]
    return sorted(found, key=lambda f: (f.line, f.severity))
