"""What a rule is: a small function that looks at a job and yields what it finds. Each has a name and one severity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal

from grader.jobscript.ask import Gpus, gpus
from grader.jobscript.script import Script
from grader.sites import Site

Severity = Literal["error", "warning"]
Found = tuple[int, str, str, str]
"""Line (0 for the script as a whole), what was found, what is expected, what to do (may be empty)."""

MOST = 20
"""Findings of one rule that are kept."""
WIDTH = 110
"""Letters of what was found, of what is expected, and of what to do."""


@dataclass(frozen=True)
class Finding:
    """A line of a job script that is wrong, or unwise; as text it is one or two lines."""

    rule: str
    severity: Severity
    line: int
    found: str
    expected: str
    fix: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.found}; expected {self.expected}.{f' {self.fix}' if self.fix else ''}"


@dataclass(frozen=True)
class Job:
    """A script, the site that it is for, and the folder that it is submitted from (None where that is not known)."""

    script: Script
    site: Site
    folder: Path | None
    wants_gpu: bool
    """False for the small jobs that only prepare, or submit others."""
    gpus: tuple[Gpus, ...]

    @classmethod
    def of(cls, script: Script, site: Site, folder: Path | None = None, *, wants_gpu: bool = True) -> Job:
        """The job with its GPU request taken apart."""
        return cls(script, site, folder, wants_gpu, tuple(gpus(script)))

    @property
    def type(self) -> str:
        """The type of GPU asked for, by the request or by a constraint; empty for none, or for one the site lacks."""
        by_request = [g.type for g in self.gpus if g.type in self.site.gpus.types]
        return (by_request or [c for c in self.constraints if c in self.site.gpus.types] or [""])[0]

    @property
    def partitions(self) -> tuple[str, ...]:
        """Where jobs of this kind run, by type where that decides; empty where the site wants none."""
        if not self.wants_gpu:
            words = " ".join(self.site.head.options).split()
            return tuple(name for option, name in pairwise(words) if option == "-p")
        by_type = self.site.gpus.partitions.get(self.type)
        return (by_type,) if by_type else partitions(self.site) if not self.type else partitions(self.site)[:1]

    @property
    def constraints(self) -> list[str]:
        """The features that -C asks for, without the signs between them."""
        return "".join(c if c.isalnum() or c in "_.-" else " " for c in self.script.value("constraint")).split()

    @property
    def nodes(self) -> int:
        """Nodes asked for, 1 where the script does not say."""
        return self.script.count("nodes", 1)

    @property
    def tasks_per_node(self) -> int:
        """Tasks on each node, 1 where the script does not say."""
        all_tasks = self.script.count("ntasks", self.nodes)
        return self.script.count("ntasks-per-node", max(1, all_tasks // max(1, self.nodes)))

    def most_gpus(self, asked: Gpus) -> int:
        """GPUs that a node of the type asked for has; 0 where that is unknown."""
        cards = self.site.gpus
        return cards.per_node.get(asked.type or self.type or ("" if "" in cards.per_node else cards.default), 0)

    @property
    def spread(self) -> bool:
        """Whether the GPUs lie on several nodes, and the script leaves it to Slurm on how many."""
        sums = [g for g in self.gpus if g.directive.option == "gpus" or g.directive.option.endswith("per-task")]
        return not self.script.last("nodes") and any(
            0 < self.most_gpus(g) < g.per_node(1, self.tasks_per_node) for g in sums
        )

    @property
    def gpus_per_node(self) -> int:
        """GPUs on each node; 0 where the request does not say."""
        return max((g.per_node(self.nodes, self.tasks_per_node) for g in self.gpus), default=0)


def partitions(site: Site) -> tuple[str, ...]:
    """The partitions of a site that this course's jobs go to."""
    return tuple(dict.fromkeys(name for name in (site.slurm.partition, *site.gpus.partitions.values()) if name))


@dataclass(frozen=True)
class Rule:
    """A rule of the registry."""

    name: str
    severity: Severity
    find: Callable[[Job], Iterator[Found]]

    def findings(self, job: Job) -> Iterator[Finding]:
        """What the rule has to say about a job."""
        for line, *texts in islice(self.find(job), MOST):
            yield Finding(self.name, self.severity, line, *(_plain(text) for text in texts))


def _plain(text: str) -> str:
    """A text that a terminal can show, whatever the script holds: no control letters, at most a line."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


RULES: dict[str, Rule] = {}
"""All rules by name."""


def rule(
    name: str, severity: Severity
) -> Callable[[Callable[[Job], Iterator[Found]]], Callable[[Job], Iterator[Found]]]:
    """Enter a function into the registry."""

    def enter(find: Callable[[Job], Iterator[Found]]) -> Callable[[Job], Iterator[Found]]:
        assert name not in RULES, name
        RULES[name] = Rule(name, severity, find)
        return find

    return enter
