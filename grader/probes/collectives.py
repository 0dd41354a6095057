"""Which collectives run inside a block of code, and how many bytes each kind moves.

    with counted() as seen:
        model(x).sum().backward()
    seen.summary()        {"all_gather": {"count": 8, "bytes": 33554432}, ...}

Every form of a collective is counted under one name: `dist.all_reduce`, the functional form that DTensor issues, and
the base, list and coalesced forms. Collectives of a backward pass count where the pass is run. CommDebugMode of torch
does the same for numbers; it knows no bytes, and its keys differ by the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

NAMES = {
    "allgather": "all_gather",
    "reducescatter": "reduce_scatter",
    "allreduce": "all_reduce",
    "alltoall": "all_to_all",
    "sharddimalltoall": "all_to_all",
    "broadcast": "broadcast",
    "gather": "gather",
    "scatter": "scatter",
    "reduce": "reduce",
    "send": "send",
    "isend": "send",
    "recv": "recv",
    "irecv": "recv",
    "barrier": "barrier",
    "monitoredbarrier": "barrier",
}
"""The collective that an operator is, by the operator's name without its form and without underscores."""
SPACES = ("c10d", "_c10d_functional", "_dtensor")
_FORM = re.compile(r"_(coalesced|into_tensor|tensor|single|base|any_source|out)(?=_|$)")


class Counts(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at every operator that runs below it, DTensor's own ones included."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._seen: dict[str, dict[str, int]] = {}

    def summary(self) -> dict[str, dict[str, int]]:
        """By name of the collective: how often it ran, and the bytes of the full (largest) tensors that it was about.

        A full tensor is what all ranks hold together: what an all-gather makes and what a reduce-scatter takes.
        """
        return {name: dict(entry) for name, entry in sorted(self._seen.items())}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run the operator, and count it when it is a collective."""
        if any(issubclass(kind, DTensor) for kind in types):
            return NotImplemented  # DTensor takes it apart first; its parts come here again
        answer = func(*args, **(kwargs or {}))
        if name := _name(func):
            entry = self._seen.setdefault(name, {"count": 0, "bytes": 0})
            entry["count"] += 1
            entry["bytes"] += max((_bytes(each) for each in (*args, *(kwargs or {}).values(), answer)), default=0)
        return answer


@contextmanager
def counted() -> Iterator[Counts]:
    """Count the collectives of what runs inside."""
    with Counts() as counts:
        yield counts


def _name(func: Any) -> str:
    """The collective that an operator is, or nothing: `c10d::_allgather_base_` is an all_gather."""
    space, _, operator = str(getattr(func, "_name", "")).partition(".")[0].partition("::")
    return NAMES.get(_FORM.sub("", operator).replace("_", ""), "") if space in SPACES else ""


def _bytes(value: Any) -> int:
    """Bytes of all tensors in one argument or answer, however deep in lists."""
    return sum(each.nbytes for each in tree_leaves(value) if isinstance(each, torch.Tensor))
