"""What the checks of memory judge with: measured here, planned, and at a scale that is not. Reached as `memory`."""

import numpy as np

from grader import gpus
from grader.verdict import Failed, NotMeasured

LLAMA_70B = [80, 8192, 28672, 64, 8, 128256]
"""Layers, hidden, ffn, heads, heads of keys and values, vocabulary of Llama 3 70B (Grattafiori et al., 2024)."""
KINDS = ("weights", "gradients", "optimizer", "unsharded")
MB, GB = 1e6, 1e9
HALF = 0.65
"""What half of the memory may measure: buffers of the collectives come on top."""
RECOMPUTED = 0.4
"""What a step may take of one that keeps all activations: about 0.19 is seen, 0.5 with checkpoints of MLPs alone."""
EXACT = 0.001
PADDED = 0.02
"""A dimension that does not divide by the ranks is rounded up on the first of them."""


# --- memory ----------------------------------------------------------------------------------------------------------


def grown(owner, run):
    """By how much the memory of each process of `owner` grew at most while `run()` ran; in bytes."""
    before = np.atleast_1d(owner.reset_peak())
    run()
    peak = owner.peak_bytes() if callable(owner.peak_bytes) else owner.peak_bytes
    if not np.all(peak) and np.all(before):
        raise NotMeasured("It was over before anybody had looked at its memory.")
    if not np.all(peak):
        raise NotMeasured("The memory of another process cannot be seen on this system.", next="run it on Linux")
    return np.maximum(np.atleast_1d(peak), np.atleast_1d(owner.reset_peak())) - before


def never_whole(names, whole, mine):
    """Evidence that 2 ranks need half each. By phase: bytes of one process with all, of the ranks. Raises Failed."""
    told = []
    for name, (base,), each in zip(names, whole, mine, strict=True):
        share = max(each) / base
        told.append(f"{name} {max(each) / MB:.0f} MB, not {base / MB:.0f} MB")
        if share > HALF:
            raise Failed(
                f"To {name}, the ranks needed {' and '.join(f'{grew / MB:.0f}' for grew in each)} MB at their peak, "
                f"one process with the whole model {base / MB:.0f} MB. At most {HALF:.0%} of that is asked.",
                _why_large(name),
            )
    return f"on a rank: {'; '.join(told)}"


def _why_large(name):
    if name == "build":
        return "The whole model was there before it was cut. On the meta device it has shapes and no memory."
    return "Often: what the optimizer keeps is whole."


def recomputed(again, kept, far):
    """Evidence that activations take less. Bytes with recompute() and without; by how much the weights differ then.

    Raises Failed.
    """
    if not far < 1e-6:
        raise Failed(
            f"With recompute() the weights after a step are others than without it (by {far:.1e}, relative).",
            "What is computed again is the same. Often: the gradients of what is in a block are lost.",
        )
    share = max(again) / max(kept)
    if share > RECOMPUTED:
        raise Failed(
            f"A step takes {max(again) / MB:.0f} MB with recompute(), {max(kept) / MB:.0f} MB without: {share:.1%}; "
            f"at most {RECOMPUTED:.0%} is asked.",
            "In one checkpoint around everything, all is computed again at once, and kept at once."
            if share > 0.9
            else "Often: only some blocks, or only a part of each.",
        )
    return f"{max(again) / MB:.0f} MB instead of {max(kept) / MB:.0f} MB for a step on a rank"


# --- planned ----------------------------------------------------------------------------------------------------------


class Counted:
    """A model's sizes, and its parameters in a block and outside of all."""

    def __init__(self, sizes):
        self.sizes = sizes
        self.layers, hidden, ffn, heads, kv_heads, vocabulary = sizes
        self.block = 2 * hidden * hidden * (1 + kv_heads / heads) + 3 * hidden * ffn + 2 * hidden
        self.root = 2 * vocabulary * hidden + hidden

    @property
    def parameters(self):
        """All parameters."""
        return self.layers * self.block + self.root

    def bytes(self, ranks):
        """Bytes per rank by kind: float32 for what is kept, bfloat16 for what is gathered."""
        share = 4 * self.parameters / ranks
        kept = {"weights": share, "gradients": share, "optimizer": 2 * share}
        return kept | {"unsharded": 2 * (self.block + self.root)}


def a_shape():
    """A model that nobody has planned yet."""
    rng = np.random.default_rng()
    heads = 8 * int(rng.integers(2, 12))
    sizes = [int(rng.integers(10, 100)), 128 * heads, 1024 * int(rng.integers(8, 40)), heads, 8]
    return Counted([*sizes, 64 * int(rng.integers(300, 3000))])


def planned(shape, ranks, found):
    """Raise Failed unless a plan has the four kinds right. `found`: bytes by kind."""
    expected = shape.bytes(ranks)
    if set(found) != set(KINDS):
        raise Failed(f"plan() answers {', '.join(sorted(found))}; asked for {', '.join(KINDS)}.")
    for kind in KINDS:
        if abs(found[kind] - expected[kind]) > EXACT * expected[kind]:
            raise Failed(
                f"{shape.parameters / 1e9:.1f}e9 parameters, {ranks} ranks: {kind} {found[kind] / GB:.3f} GB per rank, "
                f"expected {expected[kind] / GB:.3f} GB.",
                _why_planned(kind, found[kind] / expected[kind], shape, ranks),
            )


def _why_planned(kind, ratio, shape, ranks):
    def near(value):
        return abs(ratio / value - 1) < EXACT

    if kind == "unsharded":
        return _why_unsharded(near, shape, ranks)
    if near(shape.layers * shape.block / shape.parameters):
        return "The embedding and the head belong to the model, too."
    if near(ranks):
        return "That is the whole model's: each rank keeps its part."
    if near(0.5):
        one = "AdamW keeps two numbers for each weight, and both are float32."
        return one if kind == "optimizer" else "The policy casts what travels. What a rank keeps stays float32."
    return "Nothing of a kind is free." if ratio == 0 else ""


def _why_unsharded(near, shape, ranks):
    together = shape.block + shape.root
    if near(2):
        return "What is gathered is bfloat16: 2 bytes per parameter."
    if near(shape.block / together):
        return "The embedding, the last norm and the head are whole as well, while a block is computed."
    if near(1 / ranks):
        return "Whole means whole: a layer is computed with all of its weights, on every rank."
    if near(shape.parameters / together):
        return "One block at a time is whole, not all of them."
    return "Often: one of two terms is missing, what is outside of blocks and one block."


# --- one rank of many ------------------------------------------------------------------------------------------------


def extrapolate(few, more, layers):
    """What a model of `layers` blocks has, from simulations with 2 and with 4: everything is linear in blocks."""
    if isinstance(few, dict):
        return {key: extrapolate(few.get(key, 0), more[key], layers) for key in more}
    return few + (more - few) / 2 * (layers - 2)


def at_scale(shape, ranks, found, weights):
    """Raise Failed unless a simulated rank holds what it should. `weights`: of the full model, simulated too."""
    expected, whole = shape.bytes(ranks), found["unsharded"]
    for kind in ("weights", "gradients", "optimizer"):
        if abs(found[kind] - expected[kind]) > PADDED * expected[kind] or abs(found["weights"] - weights) > 1:
            raise Failed(
                f"{ranks} ranks: {kind} {found[kind] / GB:.2f} GB per rank, expected {expected[kind] / GB:.2f} GB.",
                "Cut within a node and copied to each node (HSDP), it does not shrink with more nodes."
                if found[kind] > 1.5 * expected[kind]
                else "Often: a part of the model is not cut, or not in float32.",
            )
    if whole["parameters"] > (1 + PADDED) * expected["unsharded"]:
        share = whole["parameters"] / (2 * shape.parameters)
        raise Failed(
            f"{ranks} ranks: {whole['parameters'] / GB:.1f} GB of whole parameters at one time, "
            f"expected {expected['unsharded'] / GB:.1f} GB in bfloat16.",
            "That does not shrink with more ranks: all of the model is one unit."
            if share > 0.9
            else "Often: whole parameters in float32, or several blocks at a time.",
        )


def table(rows):
    """The evidence: GB per rank, and the GPUs whose memory holds the sum. `rows`: by ranks, what was found."""
    known = sorted(gpu.memory_gb for gpu in gpus.table() if gpu.memory_gb is not None)
    lines = ["ranks | weights | gradients | optimizer | unsharded | fits on"]
    for ranks, found in rows.items():
        sizes = [*(found[kind] for kind in KINDS[:3]), found["unsharded"]["together"]]
        cells = " | ".join(f"{size / GB:{width}.2f}" for size, width in zip(sizes, (7, 9, 9, 9), strict=True))
        fit = [memory for memory in known if memory * GB >= sum(sizes)]
        types = f"{len(fit)} of {len(known)}, from {fit[0]:g} GB" if fit else f"none of {len(known)}"
        lines.append(f"{ranks:5} | {cells} | {types}")
    counts = rows[min(rows)]["collectives"]
    told = ", ".join(f"{count:.0f} {name.replace('_', '-')}s" for name, count in counts.items())
    unknown = len(gpus.table()) - len(known)
    lines.append(f"GB per rank, no activations. A step: {told}.")
    lines.append(f"Unsharded: full parameters and gradients. {unknown} GPU types: memory unknown.")
    return "\n".join(lines)
