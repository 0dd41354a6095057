"""Is what a rank holds, and asks of the files, its part of the checkpoint? Reached as `holding`.

Functions that judge return the evidence of a pass and raise Failed.
"""

import math
from collections import Counter

import numpy as np

from grader.verdict import Failed

LOAD = "TODO(4) in task.py; a hint: grader hint 07 4"
"""The next step where the plan is right and what load() makes of it is not."""


def parts(group, checkpoint):
    """What each rank holds: ({name: array}, {name: dtype}, {name: dimension of the cut}) by rank.

    Raises Failed when that is not the model.
    """
    heard, flats = group.call("held"), group.call("values", returns=[checkpoint.vector()])
    found = []
    for rank, (items, (flat,)) in enumerate(zip(heard, flats, strict=True)):
        if lost := [name for name in checkpoint.shapes if name not in {item[0] for item in items}]:
            raise Failed(
                f"Rank {rank} has no {lost[0]} ({len(lost)} of {len(checkpoint.shapes)} weights are missing).",
                "The ranks divide the layers among them: that is a pipeline. Here each has a part of every matrix."
                if all("layers" in name for name in lost)
                else "",
            )
        if sum(math.prod(item[1]) for item in items) != flat.size:
            raise Failed(f"Rank {rank} tells of weights that it does not hold.")
        dtypes, dims = ({item[0]: item[column] for item in items} for column in (2, 3))
        found.append((checkpoint.cut(flat, [item[:2] for item in items]), dtypes, dims))
    return found


def divided(found, checkpoint, plan):
    """Evidence that every matrix is divided over the ranks, each with its own slice. Raises Failed.

    `plan`: {name: dimension along which the plan divides it, or None}.
    """
    true, ranks = checkpoint.values(), len(found)
    matrices = [name for name, shape in checkpoint.shapes.items() if len(shape) == 2]
    _formats(found, checkpoint)
    whole = [n for n in matrices if any(mine[n].size == true[n].size for mine, *_ in found)]
    if whole:
        raise Failed(
            f"{len(whole)} of {len(matrices)} large matrices are whole on {ranks} ranks: {_some(whole)}.",
            *_why_whole(whole, len(matrices), plan),
        )
    for name in matrices:
        for rank, (mine, _, dims) in enumerate(found):
            _own_slice(name, rank, ranks, mine[name], true[name], plan.get(name))
            _as_said(name, rank, dims[name], plan.get(name))
    for name in set(true) - set(matrices):
        if any(mine[name].shape != true[name].shape or (mine[name] != true[name]).any() for mine, *_ in found):
            raise Failed(f"{name} is not the checkpoint's: norms are small, and whole on every rank.")
    return f"{len(matrices)} matrices, 1/{ranks} of each on every rank, equal to the checkpoint's"


def _why_whole(names, matrices, plan):
    """(cause, next step) when matrices are whole."""
    if all(plan.get(name) is not None for name in names):
        return "The plan divides them, and load() puts them whole.", LOAD
    if len(names) == matrices:
        return "Nothing is divided: with this, a model that is too large for one GPU is too large for all.", ""
    if all(".layers." not in name for name in names):
        return "The embedding and the output layer are large as well.", ""
    if all("k_proj" in name or "v_proj" in name for name in names):
        return "A rank needs the keys and values for its own queries, and no others.", ""
    return "Often: the plan does not name them.", ""


def _formats(found, checkpoint):
    dtypes = Counter(dtype for _, kinds, _ in found for dtype in kinds.values())
    if set(dtypes) != {checkpoint.options["dtype"]}:
        raise Failed(f"Weights are {', '.join(dtypes)}; the checkpoint holds {checkpoint.options['dtype']}.")


def _own_slice(name, rank, ranks, mine, true, dim):
    """Raise Failed unless `mine` is this rank's slice of a matrix, along the dimension `dim` of the plan."""
    if dim not in (0, 1):
        raise Failed(f"load() divides {name}, and the plan does not: its product will not know that it is a part.")
    size = true.shape[dim] // ranks
    slices = [np.take(true, range(i * size, (i + 1) * size), axis=dim) for i in range(ranks)]
    if mine.shape != slices[rank].shape:
        raise Failed(
            f"Rank {rank} holds {list(mine.shape)} of {name}, which is {list(true.shape)}; the plan divides it along "
            f"dimension {dim}: {list(slices[rank].shape)}.",
            "The slice runs along another dimension than the plan's." if mine.size * ranks == true.size else "",
            LOAD,
        )
    if (mine != slices[rank]).any():
        same = [i for i, other in enumerate(slices) if (mine == other).all()]
        cause = f"It is rank {same[0]}'s." if same else "Often: cut along the other dimension, or never filled."
        raise Failed(f"Rank {rank}'s part of {name} is not its slice of the checkpoint.", cause, LOAD)


def _as_said(name, rank, dim, planned):
    """Raise Failed unless the tensor of a part says itself along which dimension it was cut."""
    if dim != planned:
        told = "an ordinary tensor" if dim is None else f"a DTensor that is divided along dimension {dim}"
        raise Failed(
            f"Rank {rank}'s part of {name} is right, and in {told}; the plan makes it a DTensor divided along "
            f"dimension {planned}.",
            "DTensor.from_local() says which part of what it is.",
            LOAD,
        )


def _some(names):
    short = [name.removeprefix("model.").removesuffix(".weight") for name in names]
    return ", ".join(short[:3]) + (", ..." if short[3:] else "")


def own_part(asked, checkpoint, ranks):
    """Evidence that each rank asks the files for its own part. `asked`: bytes by rank. Raises Failed."""
    sizes = [(math.prod(shape), len(shape) == 2) for shape in checkpoint.shapes.values()]
    mine = 4 * sum(size // ranks if divided else size for size, divided in sizes)
    whole = 4 * checkpoint.numbers
    if max(asked) > 1.05 * mine:
        raise Failed(
            f"Rank {asked.index(max(asked))} asked for {max(asked) / whole:.0%} of the checkpoint's bytes; its part is "
            f"{mine / whole:.0%}.",
            "get_slice() reads the rows or columns that you index, get_tensor() and load_file() all of them.",
        )
    if min(asked) < 0.99 * mine:
        raise Failed(f"Rank {asked.index(min(asked))} asked for {min(asked) / whole:.0%}, less than its part.")
    return f"{max(asked) / whole:.1%} of the bytes on {ranks} ranks"
