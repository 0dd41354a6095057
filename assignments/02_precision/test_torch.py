"""The checks of assignment 02, PyTorch. All public: what is asked is read here, in judging.py and in choices.py.

Correctness is judged on the CPU, which has the same formats as a GPU, only not their speed.
"""

import numpy as np

from grader import gpus
from grader.checks import check
from grader.verdict import Failed, NotMeasured
from grader.worker.client import Array

LOW = ("bfloat16", "float16")

# --- TODO(1): choose ---------------------------------------------------------------------------------------------


@check("your choice of format suits every GPU of the table", points=1, rests_on="witnessed", todo=1)
def test_dtype_suits(choices, submission):
    return choices.dtypes(submission.worker(threads=1))


@check("TF32 is on where the hardware has it, and only there", points=0.5, rests_on="witnessed", todo=1)
def test_tf32_suits(choices, submission):
    return choices.tf32(submission.worker(threads=1))


# --- TODO(2): autocast -------------------------------------------------------------------------------------------


def run_forward(worker, problem, dtype, **options):
    """Logits and loss of one forward pass over the problem's first batch."""
    inputs, targets = problem.inputs[0].astype(np.float32), problem.targets[0]
    returns = [Array("float32", (len(inputs), 10)), Array("float64", (1,))]
    logits, loss = worker.call("forward", inputs, targets, {**problem.options, **options}, dtype, returns=returns)
    return logits, float(loss[0])


def run_reference(worker, problem, dtype="float32"):
    """Logits with every operand rounded to `dtype`, from the given code."""
    inputs = problem.inputs[0].astype(np.float32)
    (logits,) = worker.call(
        "reference", inputs, problem.options, dtype, returns=[Array("float32", (len(inputs), 10))]
    )
    return logits


@check("matrix products run in the format that is asked for", points=1, rests_on="witnessed", todo=2)
def test_products(judge, submission, baseline):
    mine, given, seen = submission.worker(threads=1), baseline.worker(threads=1), []
    for dtype in (*LOW, "float32"):
        problem = judge.Problem(1)
        logits, _ = run_forward(mine, problem, dtype)
        judge.finite(logits, "logits")
        off = {kind: judge.difference(logits, run_reference(given, problem, kind)) for kind in (*LOW, "float32")}
        nearest = min(off, key=off.get)
        if off[nearest] > 0.1:
            raise Failed(
                f"Asked for {dtype}, the logits are not the model's: the relative difference is {off[nearest]:.2g}.",
                "Both are needed, in this order: the logits that the model answers, and the loss made of them.",
            )
        if nearest != dtype:
            raise Failed(
                f"Asked for {dtype}, the products ran in {nearest}: that is what the logits are equal to.",
                "Often: autocast is switched off or for another device, or the model is called outside its block."
                if nearest == "float32"
                else "Often: the format is a literal, or left to autocast, which then takes its own.",
            )
        seen.append(f"{dtype} (to {off[nearest]:.1g})")
    return f"the logits are those of operands rounded to {', '.join(seen)}"


@check("the loss is computed in float32", points=0.5, rests_on="witnessed", todo=2, after=[test_products])
def test_loss_float32(judge, submission):
    worker, seen = submission.worker(threads=1), {}
    for dtype in LOW * 4:  # a loss in 16 bits may be right by chance, once
        problem = judge.Problem(1)
        logits, loss = run_forward(worker, problem, dtype, spread=60.0)  # classes at odds of 1 to 1,000,000
        exact = judge.cross_entropy(logits, problem.targets[0])
        off = abs(loss - exact) / exact
        if not off < 1e-4:
            raise Failed(
                f"In {dtype} the loss is {loss:.4f}; from the same logits float32 gives {exact:.4f}.",
                "Often: computed after the autocast block, with softmax and log written out, or from other logits.",
            )
        seen[dtype] = max(off, seen.get(dtype, 0))
    return "; ".join(f"{dtype}: off by {off:.0e} at most" for dtype, off in seen.items())


@check("less is saved for backward than in FP32", points=0.5, rests_on="self-reported", todo=2, after=[test_products])
def test_saved_bytes(judge, submission):
    worker, problem = submission.worker(threads=1), judge.Problem(1, batch=256)
    inputs, targets = problem.inputs[0].astype(np.float32), problem.targets[0]
    full, half = (
        worker.call("saved_bytes", inputs, targets, problem.options, dtype) for dtype in ("float32", "bfloat16")
    )
    if not half:
        raise Failed(
            "Nothing is kept for backward: the loss of forward() has no gradient.",
            "Often: the model runs under torch.no_grad(), or inference_mode(). Training needs it outside of both.",
        )
    if full < 1.3 * half:
        raise Failed(
            f"Saved for backward: {full:,} bytes in FP32, {half:,} in bfloat16; expected a quarter less at least.",
            "Often: the model runs a second time outside autocast, or its activations are taken back to float32.",
        )
    return f"{full:,} bytes in FP32, {half:,} in bfloat16: 1/{full / half:.2f}"


# --- TODO(4): train, and what the checks of TODO(3) build on ------------------------------------------------------


def run_inspect(judge, submission, dtype):
    """What a worker says about a training of eight steps."""
    problem = judge.Problem(8)
    answer = submission.worker(threads=1).call("inspect", problem.inputs, problem.targets, problem.options, dtype)
    if not isinstance(answer, dict):
        raise Failed("The training could not be looked into.")
    if answer["steps"] != len(problem.inputs):
        raise Failed(
            f"The optimizer made {answer['steps']} steps; the training has {len(problem.inputs)} batches.",
            "Often: the loop of TODO(4) does not call update(), or update() does not reach the optimizer.",
        )
    return answer


@check(
    "weights and gradients stay float32, and backward runs outside autocast",
    points=0.5,
    rests_on="self-reported",
    todo=4,
)
def test_state(judge, submission):
    seen = run_inspect(judge, submission, "bfloat16")
    for what in ("weights", "gradients"):
        if seen[what] != ["torch.float32"]:
            found = ", ".join(seen[what]) or "missing"
            why = "Cast the data to the weights' format, not the model to the data's."
            if "torch.float64" not in seen[what]:
                why = "autocast rounds operands as they are used; .half() or .to(dtype) on the model is not needed."
            raise Failed(f"The {what} are {found} after the training; expected torch.float32.", why)
    if seen["autocast_in_backward"]:
        raise Failed(
            "backward() runs under autocast.",
            "It takes the format of each operation's forward; the block ends after the loss.",
        )
    return "float32 weights and gradients; backward outside autocast"


# --- TODO(3): scale ----------------------------------------------------------------------------------------------


@check("tiny gradients survive in float16", points=1, rests_on="witnessed", todo=3, after=[test_products, test_state])
def test_survival(judge, submission, baseline):
    given = baseline.worker(threads=1)
    problem = judge.confident(given, run_reference)
    start, (_, strict) = problem.weights(given), problem.strict(given)
    _, found = problem.train(submission.worker(threads=1), "float16", scale=2**16)
    return judge.survival(start, strict, found)


@check("gradients are clipped at their true size", points=0.5, rests_on="witnessed", todo=3, after=[test_survival])
def test_clip(judge, submission, baseline):
    problem, scale = judge.Problem(1, spread=20.0), 2.0**8  # wrong, and sure of it: gradients far over the limit
    _, found = problem.train(submission.worker(threads=1), "float16", scale=scale)
    return judge.clip(problem, problem.weights(baseline.worker(threads=1)), found, scale)


@check(
    "a step that overflows is skipped, and the scale halves",
    points=0.5,
    rests_on="witnessed",
    todo=3,
    after=[test_survival],
)
def test_overflow(judge, submission, baseline):
    problem = judge.Problem(24).same_batch()
    _, found = problem.train(submission.worker(threads=1), "float16", scale=2**24)
    return judge.overflow(problem, baseline.worker(threads=1), found)


# --- TODO(4): train ----------------------------------------------------------------------------------------------


@check(
    "the loss follows that of FP32, and small steps are kept",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_products, test_loss_float32, test_state, test_survival, test_clip],
)
def test_curve(judge, submission, baseline, place):
    given, seen = baseline.worker(threads=1), []
    often = {"bfloat16": "zero_grad() is missing", "float16": "bfloat16's is right, so it is the scaling, TODO(3)"}
    follow = {"bfloat16": place(4), "float16": place(3)}
    for dtype, scale in (("bfloat16", 0), ("float16", 2**10)):
        problem = judge.Problem(40, lr=1.0)
        losses, _ = problem.train(submission.worker(threads=1), dtype, scale=scale)
        seen.append(judge.curve(problem.strict(given)[0], losses, dtype, often[dtype], follow[dtype]))
        small = judge.Problem(4, lr=1e-4)
        _, found = small.train(submission.worker(threads=1), dtype, scale=scale)
        judge.small_steps(small.weights(given), small.strict(given)[1], found, dtype)
    return "; ".join(seen)


@check("no loss is read back in the loop, or kept with its graph", points=0.5, rests_on="self-reported", todo=4)
def test_no_read_back(judge, submission):
    seen = run_inspect(judge, submission, "float32")
    if (reads := seen["reads"]) > 1:
        raise Failed(
            f"{reads} numbers were read back before the last of 8 steps.",
            "Often: loss.item(), float(loss), or an if that looks at the loss. On a GPU each of them waits for it.",
        )
    if seen["graphs"]:
        raise Failed(
            "The losses of train() still have their graphs: each keeps the activations of its step, or part of them.",
            "Keep the loss without its graph: update() has used it by then.",
        )
    return f"{reads} numbers read back before the last of 8 steps; no graph is kept"


# --- TODO(5), TODO(6), TODO(7) ---------------------------------------------------------------------------------------


@check("the TF32 switch switches, both ways", points=0.25, rests_on="self-reported", todo=5)
def test_tf32_switch(submission):
    worker = submission.worker(threads=1)
    for wanted in (True, False, True):
        if worker.call("tf32_after", wanted) is not wanted:
            raise Failed(
                f"After set_tf32({wanted}), float32 products {'do not use' if wanted else 'still use'} TF32.",
                "Often: nothing is set, or cuDNN's switch, which is for convolutions only."
                if wanted
                else "The switch has to work both ways: look at `wanted`.",
            )
    return "on, off, on"


@check("sizes are padded to the next multiple of 8", points=0.25, rests_on="witnessed", todo=6)
def test_padded(submission):
    sizes = [1, 7, 8, 9, 64, 50257, *map(int, np.random.default_rng().integers(1, 10**6, 20))]
    for size, found in zip(sizes, submission.worker(threads=1).call("padded", sizes), strict=True):
        if found != (expected := (size + 7) // 8 * 8):
            raise Failed(f"padded({size}) answered {found}; expected {expected}.")
    return f"{len(sizes)} sizes"


@check("you read efficiency, not utilisation", points=0.5, rests_on="witnessed", todo=7)
def test_efficiency(choices, submission):
    return choices.shares(submission.worker(threads=1))


# --- measured ----------------------------------------------------------------------------------------------------


@check(
    "training from float64 arrays is faster than the start's",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_state],
)
def test_float32_speed(judge, race_trainings, baseline, one_core):
    def train(worker, problem):
        return problem.timed(worker, "train", "float32")

    return race_trainings(baseline, train, train, judge.for_cpu, tolerance=1e-3, cores=one_core, threads=1)


@check(
    "a step in 16 bits is faster than strict FP32",
    points=0.5,
    rests_on="witnessed",
    todo=2,
    after=[test_products, test_state],
)
def test_mixed_speed(sixteen_bits, judge, race_trainings, baseline, one_core):
    dtype, settings, make = judge.sixteen_bits(baseline.worker(threads=1), one_core)

    def train(worker, problem):
        return problem.timed(worker, "train", dtype, scale=2**10 if dtype == "float16" else 0)

    return race_trainings(baseline, judge.time_strict, train, make, tolerance=0.05, dtype=dtype, **settings)


@check(
    "a step with TF32 is faster than strict FP32", points=0.5, rests_on="witnessed", todo=5, after=[test_state]
)
def test_tf32_speed(gpu, judge, race_trainings, baseline):
    if not gpus.find(gpu).has_tf32:
        raise NotMeasured(f"A {gpu} has no TF32 units.", next="run it on an A40, A100 or newer")

    def train(worker, problem):
        return problem.timed(worker, "train", "float32", tf32=True)

    return race_trainings(baseline, judge.time_strict, train, judge.for_gpu, tolerance=0.02)
