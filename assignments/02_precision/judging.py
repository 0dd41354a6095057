"""What the checks of both frameworks share: fresh problems, trainings of them, and how two trainings are compared.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `judge`.
"""

import copy
import math

import numpy as np

from grader import gpus, machine
from grader.verdict import Failed, NotMeasured
from grader.worker.client import Array

WIDTH, CLASSES, BATCH = 64, 10, 64
MAX_NORM = 1.0  # as in the task file
MOST_WEIGHTS = 1 << 20
LEAST_GAIN = 1.3  # of a bfloat16 matrix product over a float32 one: below it, a CPU cannot show a training's gain


class Problem:
    """Samples that a random linear teacher has labelled: inputs (steps, batch, width) float64, targets int64."""

    def __init__(self, steps, batch=BATCH, **options):
        rng = np.random.default_rng()
        self.inputs = rng.standard_normal((steps, batch, WIDTH))
        self.targets = np.argmax(self.inputs @ rng.standard_normal((WIDTH, CLASSES)), axis=-1)
        self.options = {"seed": int(rng.integers(2**31)), "lr": 0.2, "max_norm": MAX_NORM, **options}

    @property
    def operations(self):
        """Floating-point operations that training on it takes at least: 6 per weight of a layer and sample."""
        hidden = self.options.get("hidden", 64)
        weights = WIDTH * hidden + hidden * hidden + hidden * CLASSES
        return 6 * weights * self.targets.size

    def strict(self, worker, **changes):
        """Losses and weights of the given FP32 training."""
        return worker.call("strict", *self._call(changes), returns=self._returns())

    def train(self, worker, dtype, entry="train", **changes):
        """Losses and weights of the hand-in's training."""
        return worker.call(entry, *self._call(changes), dtype, returns=self._returns())

    def ask(self, worker, entry, *arguments, returns=()):
        """What another entry point of a worker answers about the problem."""
        return worker.call(entry, *self._call({}), *arguments, returns=returns)

    def timed(self, worker, entry, *arguments, **changes):
        """Losses of a training, and the seconds that it took; the weights stay where they are."""
        call = (*self._call({"weights": False, **changes}), *arguments)
        (losses, _), seconds = worker.timed(entry, *call, returns=self._returns(), within=60)
        return losses, seconds

    def weights(self, worker):
        """The weights before any training."""
        return self.first(1).strict(worker, lr=0.0)[1]

    def first(self, steps):
        """The same problem with its first steps only."""
        part = copy.copy(self)
        part.inputs, part.targets = self.inputs[:steps], self.targets[:steps]
        return part

    def same_batch(self):
        """The same problem with its first batch in every step."""
        part = copy.copy(self)
        part.inputs, part.targets = (np.repeat(a[:1], len(a), axis=0) for a in (self.inputs, self.targets))
        return part

    def _call(self, changes):
        return self.inputs, self.targets, {**self.options, **changes}

    def _returns(self):
        return [Array("float64", (len(self.inputs),)), Array("float32", (None,), rows=MOST_WEIGHTS)]


def difference(found, expected):
    """Size of found - expected, relative to that of expected: 0 for equal, 1 for nothing in common."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def along(found, expected):
    """Cosine of the angle between two movements: 1 for the same direction, 0 where nothing moved."""
    lengths = np.linalg.norm(found) * np.linalg.norm(expected)
    return float(np.vdot(found, expected) / lengths) if lengths else 0.0


def finite(values, what):
    """The values; Failed unless all are finite."""
    if not np.isfinite(values).all():
        raise Failed(f"{int(np.sum(~np.isfinite(values)))} of {values.size} {what} are inf or nan.")
    return values


def cross_entropy(logits, targets):
    """Mean of -log softmax at the targets, in float64."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    picked = np.take_along_axis(shifted, targets[:, None], axis=-1)[:, 0]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=-1)) - picked))


# --- comparing trainings -----------------------------------------------------------------------------------------


def confident(worker, reference):
    """A problem of one step whose samples the network knows already: the gradients are far below float16's smallest.

    `reference` gives the network's float32 logits. Every sample has a probability of 2e-7 to 2e-6 left for the
    wrong classes.
    """
    problem = Problem(1, batch=1 << 15, spread=200.0, lr=1e3)  # of gradients around 1e-8
    logits = reference(worker, problem).astype(np.float64)
    labels = logits.argmax(axis=-1)
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1) - 1
    picked = np.flatnonzero((odds > 2e-7) & (odds < 2e-6))[:BATCH]
    assert len(picked) == BATCH, len(picked)
    problem.inputs, problem.targets = problem.inputs[:, picked], labels[None, picked]
    return problem


def survival(start, strict, found):
    """Evidence that tiny gradients moved the weights to where FP32 moves them; the exact length `clip` asks for.

    Raises Failed.
    """
    expected, moved = strict - start, finite(found, "weights") - start
    zero, alike = float(np.mean(moved[expected != 0] == 0)), along(moved, expected)
    if zero > 0.5 or (alike < 0.9 and zero > 0.05):
        raise Failed(
            f"{zero:.0%} of the gradients became zero in float16; in float32 none is.",
            "They are smaller than 3e-8, which float16 rounds to zero: take those of the scaled loss.",
        )
    if alike < 0.9:
        raise Failed(f"The weights moved in another direction than in float32 (cosine {alike:.2f} instead of 1).")
    length = float(np.linalg.norm(moved) / np.linalg.norm(expected))
    if not 0.01 < length < 100:
        often = "the scale is taken out twice" if length < 1 else "the scale is not taken out"
        raise Failed(f"The weights moved where they do in float32, but {length:.0e} times as far.", f"Often: {often}.")
    return f"{zero:.2%} of the gradients became zero; the step points where FP32's does (cosine {alike:.3f})"


def overflow(problem, worker, found, scale=2**24):
    """Evidence that steps which overflow at a loss scale changed nothing and the others learned. Raises Failed.

    All steps have the same batch, so the weights tell how many of them counted.
    """
    steps = len(problem.inputs)
    start = problem.weights(worker)
    if not np.isfinite(found).all():
        raise Failed(
            "After steps whose gradients overflowed, the weights are inf or nan.",
            "Only the scaler's own step leaves such a step out; an optimizer that is called directly makes it.",
        )
    if np.array_equal(found, start):
        raise Failed(
            "The scale began far too large, and no step was ever made: it never came down.",
            "Often: update() is missing, or the gradients of the step before are still there (zero_grad).",
        )
    counted = {n: problem.first(n).strict(worker)[1] - start for n in range(1, steps + 1)}
    off = {n: difference(found - start, moved) for n, moved in counted.items()}
    best = min(off, key=off.get)
    if off[best] > 0.2:
        moved = found - start
        short = along(moved, counted[1]) > 0.9 and np.linalg.norm(moved) < np.linalg.norm(counted[1]) / 2
        raise Failed(
            f"{steps} steps on one batch: those that overflow must change nothing, the others must be FP32's. "
            "But the weights are not where any number of FP32's steps leads.",
            "The direction is right and the steps are far too short: clipped while they were scaled."
            if short
            else "Look at what happens to the gradients between backward() and the step: unscaled once, then clipped.",
        )
    if best > steps - 4:
        what = f"All {steps} steps counted" if best == steps else f"{best} of {steps} steps counted"
        why = "the scale fell by more than half at a time"
        if best == steps:
            why = "the loss was not scaled, or by a scale of your own"
        raise Failed(f"{what}, though a scale of 2^{int(math.log2(scale))} overflows float16: {why}.")
    return f"{steps - best} overflowing steps changed nothing; the other {best} equal FP32's to {off[best]:.1%}"


def clip(problem, start, found, scale):
    """Evidence that a large gradient was cut to MAX_NORM at its true size. Raises Failed."""
    length = float(np.linalg.norm(finite(found, "weights") - start)) / problem.options["lr"]
    if abs(length - MAX_NORM) <= 0.03 * MAX_NORM:
        return f"a step of norm {length:.3f} at a loss scale of {scale:g}; the limit is {MAX_NORM:g}"
    if abs(length - MAX_NORM / scale) <= 0.1 * MAX_NORM / scale:
        why = "The gradients were clipped while they were scaled: take the scale out first."
    else:
        often = "Often: gradients are not clipped, or each weight's alone."
        why = often if length > MAX_NORM else "No step was made." if length == 0 else ""
    raise Failed(f"A step had norm {length:.2g}; gradients are to be clipped to {MAX_NORM:g}.", why)


def curve(strict, found, dtype, often, follow=""):
    """Evidence that a loss curve follows that of FP32. Raises Failed, with the cause and what to do next."""
    assert strict[-1] < 0.8 * strict[0], strict
    off = np.abs(finite(found, "losses") - strict) / strict
    if off.max() > 0.02:
        step = int(np.argmax(off > 0.02))
        raise Failed(
            f"In {dtype} the loss leaves FP32's at step {step + 1}: {found[step]:.3f} against {strict[step]:.3f}.",
            f"Often: {often}, or a step is not made.",
            follow,
        )
    return f"{dtype}: within {off.max():.1%} over {len(strict)} steps"


def small_steps(start, strict, found, dtype):
    """Evidence that updates below the resolution of a 16-bit format are kept. Raises Failed."""
    off = difference(finite(found, "weights") - start, strict - start)
    if off > 0.5:
        moved, should = (float(np.linalg.norm(weights - start)) for weights in (found, strict))
        what = "were rounded" if moved > 2 * should else "did not take small steps"
        raise Failed(
            f"In {dtype} the weights {what}: they moved {moved:.1e}, in FP32 {should:.1e}.",
            "Often: the weights themselves are in 16 bits, where w + 0.001 w = w.",
        )


# --- measured ---------------------------------------------------------------------------------------------------------


def agree(found, expected, tolerance):
    """Raise Failed unless the losses of a timed training are those of its rival."""
    off = np.abs(finite(found, "losses of the timed training") - expected) / np.abs(expected)
    if off.max() > tolerance:
        raise Failed(f"The losses of the timed training differ from the baseline's by up to {off.max():.1%}.")


def need_gain(worker, dtype):
    """Raise NotMeasured on a CPU that does not multiply `dtype` faster than float32."""
    gain = worker.call("gain", dtype)
    if gain < LEAST_GAIN:
        raise NotMeasured(
            f"This CPU has no fast {dtype}: a matrix product takes {1 / gain:.1f} times as long as in float32.",
            next="run the same command in a GPU job",
        )


def sixteen_bits(worker, core):
    """What to time on this machine: the format, how workers are set up, and a maker of problems.

    A GPU of the table in its format; else bfloat16 on one core. Raises NotMeasured where nothing could be gained.
    """
    if machine.gpus():
        dtypes = gpus.find(machine.gpus()[0]).training_dtypes
        return ("bfloat16" if "bfloat16" in dtypes else "float16"), {}, for_gpu
    need_gain(worker, "bfloat16")
    return "bfloat16", {"cores": core, "threads": 1}, for_cpu


def for_cpu():
    """A problem whose training takes about 50 ms in float32 on a core."""
    return Problem(6, batch=256, hidden=512)


def for_gpu():
    """A problem that keeps a large GPU busy: 4e11 operations per step on 0.5 MB of inputs."""
    return Problem(12, batch=1024, hidden=8192, lr=0.01, device="cuda")


def time_strict(worker, problem):
    """Losses and seconds of the given FP32 training."""
    return problem.timed(worker, "strict")
