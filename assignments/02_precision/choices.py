"""What the checks of both frameworks ask about the GPU table: the choice of a precision, and the share of a peak.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `choices`.
"""

import math

import numpy as np

from grader import gpus
from grader.verdict import Failed

MOST = 1e300
"""An int beyond it may be none of the floats that it is compared with."""

# --- choosing ----------------------------------------------------------------------------------------------------


def chosen(worker):
    """The hand-in's answers by row of the GPU table, and what is said of rows that nobody has confirmed."""
    rows = [gpu for gpu in gpus.table() if gpu.training_dtypes]
    skipped = [gpu.name for gpu in gpus.table() if not gpu.training_dtypes]
    answers = worker.call("choose", [[gpu.device_name, list(gpu.capability)] for gpu in rows])
    aloud = f"; skipped, nothing is confirmed: {', '.join(skipped)}" if skipped else ""
    return list(zip(rows, answers, strict=True)), aloud


def dtypes(worker, prefix=""):
    """Evidence that every row of the table got an acceptable format, scaled where it has to be. Raises Failed.

    `prefix`: what a framework's name for training in a format begins with ("mixed_" in Keras).
    """
    answers, aloud = chosen(worker)
    for gpu, (name, scale, _) in answers:
        suits = {prefix + dtype: dtype for dtype in sorted(gpu.training_dtypes)}
        if name not in suits:
            why = _why_dtype(gpu, name.removeprefix(prefix)) if name.startswith(prefix) else ""
            if len({chosen for _, (chosen, _, _) in answers}) == 1:
                why += " You chose it for every GPU: do the arguments decide, or the GPU of this process?"
            raise Failed(f"For {_a(gpu)} you chose {name}; {' or '.join(suits)} suits it.", why.strip())
        if scale != (suits[name] == "float16"):
            raise Failed(
                f"For {_a(gpu)} you chose {name} {'with' if scale else 'without'} loss scaling.",
                "bfloat16 has the range of float32: nothing is gained by scaling."
                if scale
                else "float16 rounds what is below 3e-8 to zero, and gradients are often smaller.",
            )
    return f"{len(answers)} GPUs of the table have a format that suits them{aloud}"


def _why_dtype(gpu, dtype):
    if gpu.device_name.startswith("AMD"):
        return "ROCm's capability says nothing about AMD's units: go by the name."
    if dtype == "bfloat16" and gpu.capability < (8, 0):
        return "It has no bfloat16 units before capability 8.0: what runs is emulated, and slow."
    if dtype == "float16":
        return "It multiplies bfloat16 as fast, which needs no loss scaling."
    return ""


def tf32(worker):
    """Evidence that TF32 is switched on where it exists, and only there. Raises Failed."""
    answers, _ = chosen(worker)
    for gpu, (_, _, tf32) in answers:
        if tf32 != gpu.has_tf32:
            has = "has TF32 units" if gpu.has_tf32 else "has no TF32 units"
            raise Failed(f"The {gpu.name} {has}; you switched TF32 {'on' if tf32 else 'off'} for it.", _why_tf32(gpu))
    return f"on for {sum(gpu.has_tf32 for gpu, _ in answers)} of {len(answers)} GPUs of the table"


def _why_tf32(gpu):
    if gpu.device_name.startswith("AMD"):
        return "ROCm reports a capability that looks like an H100's: go by the name."
    came = "TF32 came with capability 8.0"
    return f"{came}; this one has {gpu.capability}." if gpu.has_tf32 else f"{came}; its tensor cores take 16 bits only."


def _a(gpu):
    return f"{'an' if gpu.name[0] in 'AHLMR' else 'a'} {gpu.name}"


# --- monitoring --------------------------------------------------------------------------------------------------


def shares(worker):
    """Evidence that the hand-in reads efficiency, not utilisation, for random trainings. Raises Failed."""
    rng = np.random.default_rng()
    known = [gpu for gpu in gpus.table() if gpu.peaks["float32"]]
    kinds = ("float32", "tfloat32", "float16", "bfloat16")
    having = [(kind, [gpu for gpu in known if gpu.peaks[kind]]) for kind in kinds * 3]
    lacking = [(kind, rows) for kind in kinds if (rows := [gpu for gpu in known if not gpu.peaks[kind]])]
    for arithmetic, rows in having + lacking:
        gpu = rows[rng.integers(len(rows))]
        peak, parameters, util = gpu.peaks[arithmetic], int(rng.integers(10**6, 10**9)), int(rng.integers(90, 101))
        share = float(rng.uniform(0.05, 0.6))
        rate = share * (peak or 50) * 1e12 / (6 * parameters)
        answer = worker.call("share_of_peak", gpu.peaks, arithmetic, parameters, rate, util)
        if peak is None and answer is not None:
            raise Failed(f"Expected None, as {_a(gpu)} has no {arithmetic} units; found {_short(answer)}.")
        if peak is not None and not _close(answer, share):
            raise Failed(
                f"{parameters:,} parameters at {rate:,.1f} samples/s in {arithmetic} on {_a(gpu)}, "
                f"utilisation {util} %: expected {share:.3f} of its peak of {peak:g} TFLOP/s, found {_short(answer)}.",
                _why_share(answer, share, util, gpu.peaks, arithmetic),
            )
    return f"{len(having)} trainings on GPUs of the table, and {len(lacking)} on GPUs without the unit"


def _close(answer, share):
    return isinstance(answer, float | int) and abs(answer) < MOST and math.isclose(answer, share, rel_tol=0.01)


def _why_share(answer, share, util, peaks, arithmetic):
    """What the answer is instead, where that can be told."""
    if _close(answer, util / 100) or _close(answer, share * util / 100):
        return "The utilisation is the part of the time in which some kernel ran: it says nothing about the rate."
    if _close(answer, share / 3):
        return "2 operations per parameter and sample are the forward pass; backward takes 4 more."
    if _close(answer, 100 * share):
        return "That is percent; the answer is a part of 1."
    if _close(answer, 1e12 * share):
        return "The peaks are in TFLOP/s, 1e12 operations per second."
    others = [kind for kind, peak in peaks.items() if peak and _close(answer, share * peaks[arithmetic] / peak)]
    return f"That is the share of the peak in {others[0]}." if others else ""


def _short(answer):
    return f"{answer:.3g}" if isinstance(answer, float) else repr(answer)[:40]
