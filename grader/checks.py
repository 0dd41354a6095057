"""How an assignment declares its checks.

    @check("every sample arrives once per epoch", points=2, rests_on="witnessed", todo=2)
    def test_samples_once(submission): ...

A check that returns has passed, and a string that it returns is the evidence shown with -v. Anything else is
raised: see grader.verdict. An error that is neither is ours, and becomes a grader fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Evidence = Literal["witnessed", "self-reported"]
F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "__check__"


@dataclass(frozen=True)
class Check:
    """What a check claims, what it is worth, and what its verdict rests on."""

    id: str
    claim: str
    points: float
    rests_on: Evidence
    todo: int
    """The TODO region that this check is about: where a failure sends the student."""
    after: tuple[str, ...]
    """Ids of the checks that must pass first; otherwise this one is not checked."""


def check(claim: str, *, points: float, rests_on: Evidence, todo: int, after: Sequence[F] = ()) -> Callable[[F], F]:
    """Declare a test function as a check; its id is its name without `test_`."""

    def mark(function: F) -> F:
        ids = tuple(of(f).id for f in after)
        declared = Check(function.__name__.removeprefix("test_"), claim, points, rests_on, todo, ids)
        setattr(function, ATTRIBUTE, declared)
        return function

    return mark


def of(function: object) -> Check:
    """The declaration of a check. Raises AttributeError for an ordinary test."""
    declared: Check = getattr(function, ATTRIBUTE)
    return declared
