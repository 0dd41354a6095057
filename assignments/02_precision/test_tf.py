"""The checks of assignment 02, TensorFlow. All public: what is asked is read here, in judging.py and in choices.py.

Correctness is judged on the CPU, which has the same formats as a GPU, only not their speed.
"""

import numpy as np

from grader import gpus
from grader.checks import check
from grader.verdict import Failed, NotMeasured
from grader.worker.client import Array

LOW = ("bfloat16", "float16")
KINDS = (*LOW, "float32")
OUTPUT = slice(-64 * 10 - 10, None)  # where the weights of the output layer are: it is float32 under every policy

# --- TODO(1): choose ---------------------------------------------------------------------------------------------


@check("your choice of policy suits every GPU of the table", points=1, rests_on="witnessed", todo=1)
def test_dtype_suits(choices, submission):
    return choices.dtypes(submission.worker(), prefix="mixed_")


@check("your choice of TF32 follows the hardware: on where it exists", points=0.5, rests_on="witnessed", todo=1)
def test_tf32_suits(choices, submission):
    return choices.tf32(submission.worker())


# --- TODO(2): the policy -----------------------------------------------------------------------------------------


def run_forward(worker, problem, dtype):
    """Logits and loss of one forward pass over the problem's first batch."""
    inputs, targets = problem.inputs[0].astype(np.float32), problem.targets[0]
    returns = [Array("float32", (len(inputs), 10)), Array("float64", (1,))]
    logits, loss = worker.call("forward", inputs, targets, problem.options, dtype, returns=returns)
    return logits, float(loss[0])


def run_reference(worker, problem, dtype):
    """Logits of all steps, operands rounded to `dtype`: output layer in float32, in `dtype`; the same two, fused."""
    inputs = problem.inputs.reshape(-1, problem.inputs.shape[-1]).astype(np.float32)
    returns = [Array("float32", (len(inputs), 10))] * 4
    return worker.call("reference", inputs, problem.options, dtype, returns=returns)


def nearest(found, expected):
    """The format whose expected values (one array or more per format) are nearest, and the difference from all."""
    off = {kind: min(float(np.linalg.norm(found - e) / np.linalg.norm(e)) for e in expected[kind]) for kind in KINDS}
    return min(off, key=off.get), off


def exactly(off):
    """How near a nearest format is, in words."""
    return f"to {off:.0e}" if off else "bit for bit"


@check("layers multiply in the format of the policy", points=1, rests_on="witnessed", todo=2)
def test_products(judge, submission, baseline):
    mine, given, seen = submission.worker(), baseline.worker(), []
    for dtype in KINDS:
        problem = judge.Problem(1)
        logits, _ = run_forward(mine, problem, dtype)
        judge.finite(logits, "logits")
        ran, off = nearest(logits, {kind: run_reference(given, problem, kind) for kind in KINDS})
        if ran != dtype:
            raise Failed(
                f"Asked for {dtype}, the products ran in {ran}: the logits are its, {exactly(off[ran])}.",
                "Often: the layers do not get the policy as their dtype."
                if ran == "float32"
                else "Often: the policy is a literal.",
            )
        seen.append(f"{dtype} ({exactly(off[ran])})")
    return f"the logits are those of operands rounded to {', '.join(seen)}"


@check("the logits and their loss are float32", points=0.5, rests_on="witnessed", todo=2, after=[test_products])
def test_loss_float32(judge, submission):
    worker, seen = submission.worker(), []
    for dtype in LOW * 2:
        problem = judge.Problem(1)
        logits, loss = run_forward(worker, problem, dtype)
        exact = judge.cross_entropy(logits, problem.targets[0])
        off = abs(loss - exact) / exact
        if not off < 1e-5:  # 16 bits are off by 1e-4 to 4e-3, float32 by 1e-7
            raise Failed(
                f"Under mixed_{dtype} the loss is {loss:.6f}; from the same logits float32 gives {exact:.6f}.",
                "Often: the output layer follows the policy too, so that logits and loss have 16 bits.",
            )
        seen.append(off)
    return f"off by {max(seen):.0e} from float64, under both policies"


# --- TODO(3): the step -------------------------------------------------------------------------------------------


@check("tiny gradients survive a custom loop in float16", points=1, rests_on="witnessed", todo=3, after=[test_products])
def test_survival(judge, submission, baseline):
    given = baseline.worker()
    problem = judge.Problem(1, favourite=17.5, lr=1e7)  # sure, and right: gradients far below float16's smallest
    problem.targets[:] = 0
    start, (_, strict) = problem.weights(given), problem.strict(given)
    _, found = problem.train(submission.worker(), "float16", entry="steps", scale=2**16)
    # In the float32 output layer gradients survive in any case.
    return judge.survival(*(np.delete(w, np.arange(len(w))[OUTPUT]) for w in (start, strict, found)))


@check(
    "what is clipped is the true gradient, not the scaled",
    points=0.5,
    rests_on="witnessed",
    todo=3,
    after=[test_survival],
)
def test_clip(judge, submission, baseline):
    problem, scale = judge.Problem(1, spread=20.0), 2.0**8  # wrong, and sure of it: gradients far over the limit
    _, found = problem.train(submission.worker(), "float16", entry="steps", scale=scale)
    return judge.clip(problem, problem.weights(baseline.worker()), found, scale)


@check(
    "the loss that is reported is not the scaled one",
    points=0.5,
    rests_on="witnessed",
    todo=3,
    after=[test_survival],
)
def test_true_loss(judge, submission, baseline):
    problem, scale = judge.Problem(3), 2.0**10
    (expected, _), worker = problem.strict(baseline.worker()), submission.worker()
    losses, _ = problem.train(worker, "float16", entry="steps", scale=scale)
    ratio = float(np.median(judge.finite(losses, "losses") / expected))
    if not 0.98 < ratio < 1.02:
        what = "the scaled one" if 0.98 < ratio / scale < 1.02 else "another"
        raise Failed(f"At a loss scale of {scale:g} the step answers {ratio:.4g} times the loss of FP32: {what}.")
    return f"{ratio:.4f} times that of FP32, at a loss scale of {scale:g}"


@check(
    "an overflowing step changes nothing, and the loss scale halves",
    points=0.5,
    rests_on="witnessed",
    todo=3,
    after=[test_products],
)
def test_overflow(judge, submission, baseline):
    problem, scale = judge.Problem(24).same_batch(), 2.0**30
    _, found = problem.train(submission.worker(), "float16", entry="steps", scale=scale)
    return judge.overflow(problem, baseline.worker(), found, scale)


# --- TODO(4): train ----------------------------------------------------------------------------------------------


def kept_in(weights):
    """The smallest format that holds every one of some float64 numbers exactly."""
    bits = weights.astype(np.float32)
    if not np.array_equal(bits, weights):
        return "float64"
    if np.array_equal(weights.astype(np.float16), weights):
        return "float16"
    return "bfloat16" if not np.any(bits.view(np.uint32) & 0xFFFF) else "float32"


@check("training runs in the format that is asked for, on float32 weights", points=0.5, rests_on="witnessed", todo=4)
def test_format(judge, submission, baseline):
    mine, given = submission.worker(), baseline.worker()
    for dtype in ("float32", *LOW):
        problem = judge.Problem(4)
        answer = [Array("float64", (None,), rows=judge.MOST_WEIGHTS)]
        (weights,) = problem.ask(mine, "weights_after", dtype, returns=answer)
        if (kept := kept_in(judge.finite(weights, "weights"))) != "float32":
            why = "NumPy's arrays decided on it" if kept == "float64" else "the policy is not a mixed one"
            raise Failed(f"Asked for {dtype}, the weights are {kept}; expected float32.", f"Often: {why}.")
        still = judge.Problem(8, lr=0.0)  # nothing is learned: each loss tells the format again
        losses, _ = still.train(mine, dtype)
        expected = {kind: expected_losses(judge, given, still, kind) for kind in KINDS}
        ran, off = nearest(judge.finite(losses, "losses"), expected)
        if off[ran] > 0.01:
            raise Failed(f"The losses of train() are those of no format; {ran} is the nearest, off by {off[ran]:.0%}.")
        if ran != dtype:
            raise Failed(
                f"train() was asked for {dtype}; its losses are those of {ran}.",
                "Often: prepare() got another policy. With jit_compile=True, XLA does so on a CPU by itself.",
            )
    return "float32, bfloat16 and float16, with float32 weights"


def expected_losses(judge, worker, problem, kind):
    """The losses of the steps of a problem where nothing is learned, for both formats of the output layer."""
    shape = (*problem.targets.shape, -1)
    return [
        np.array([judge.cross_entropy(z, y) for z, y in zip(logits.reshape(shape), problem.targets, strict=True)])
        for logits in run_reference(worker, problem, kind)
    ]


@check(
    "in 16 bits the loss follows FP32's, and small steps are kept",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_products, test_clip, test_true_loss, test_format],
)
def test_curve(judge, submission, baseline, place):
    given, seen = baseline.worker(), []
    for dtype, scale in (("bfloat16", 0), ("float16", 2**10)):
        problem = judge.Problem(60, lr=0.3)
        losses, _ = problem.train(submission.worker(), dtype, scale=scale)
        seen.append(judge.curve(problem.strict(given)[0], losses, dtype, "TODO(3) is not plain SGD", place(3)))
        small = judge.Problem(4, lr=1e-4)
        _, found = small.train(submission.worker(), dtype, scale=scale)
        judge.small_steps(small.weights(given), small.strict(given)[1], found, dtype)
    return "; ".join(seen)


@check("no loss is read back between steps", points=0.5, rests_on="self-reported", todo=4)
def test_no_read_back(judge, submission):
    problem = judge.Problem(8)
    answer = problem.ask(submission.worker(), "inspect", "float32")
    if not isinstance(answer, dict):
        raise Failed("The training could not be looked into.")
    if (reads := answer["reads"]) > 1:
        raise Failed(
            f"{reads} numbers were read back before the last of 8 steps.",
            "Often: loss.numpy(), float(loss), or an if that looks at the loss. On a GPU each of them waits for it.",
        )
    return f"{reads} numbers read back before the last of 8 steps"


# --- TODO(5), TODO(6), TODO(7) ---------------------------------------------------------------------------------------


@check("the TF32 switch works both ways", points=0.25, rests_on="self-reported", todo=5)
def test_tf32_switch(submission):
    worker = submission.worker()
    for wanted in (True, False, True):
        if worker.call("tf32_after", wanted) is not wanted:
            raise Failed(f"After set_tf32({wanted}), float32 products {'do not use' if wanted else 'still use'} TF32.")
    return "on, off, on"


@check("padded() answers the next multiple of 8", points=0.25, rests_on="witnessed", todo=6)
def test_padded(submission):
    sizes = [1, 7, 8, 9, 64, 50257, *map(int, np.random.default_rng().integers(1, 10**6, 20))]
    for size, found in zip(sizes, submission.worker().call("padded", sizes), strict=True):
        if found != (expected := (size + 7) // 8 * 8):
            raise Failed(f"padded({size}) answered {found}; expected {expected}.")
    return f"{len(sizes)} sizes"


@check("the share of the peak is efficiency, not utilisation", points=0.5, rests_on="witnessed", todo=7)
def test_efficiency(choices, submission):
    return choices.shares(submission.worker())


# --- measured ----------------------------------------------------------------------------------------------------


@check(
    "training from float64 arrays beats the start's training",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_format],
)
def test_float32_speed(judge, race_trainings, baseline, one_core):
    def train(worker, problem):
        return problem.timed(worker, "train", "float32", reuse=True)

    return race_trainings(baseline, train, train, judge.for_cpu, tolerance=1e-3, cores=one_core, threads=1)


@check(
    "a mixed-precision step is faster than strict FP32",
    points=0.5,
    rests_on="witnessed",
    todo=2,
    after=[test_products, test_format],
)
def test_mixed_speed(sixteen_bits, judge, race_trainings, baseline, one_core):
    dtype, settings, make = judge.sixteen_bits(baseline.worker(threads=1), one_core)

    def train(worker, problem):
        return problem.timed(worker, "train", dtype, scale=2**10 if dtype == "float16" else 0, reuse=True)

    return race_trainings(baseline, judge.time_strict, train, make, tolerance=0.05, dtype=dtype, **settings)


@check("a TF32 step is faster than strict FP32", points=0.5, rests_on="witnessed", todo=5, after=[test_format])
def test_tf32_speed(gpu, judge, race_trainings, baseline):
    if not gpus.find(gpu).has_tf32:
        raise NotMeasured(f"A {gpu} has no TF32 units.", next="run it on an A40, A100 or newer")

    def train(worker, problem):
        return problem.timed(worker, "train", "float32", tf32=True, reuse=True)

    return race_trainings(baseline, judge.time_strict, train, judge.for_gpu, tolerance=0.02)
