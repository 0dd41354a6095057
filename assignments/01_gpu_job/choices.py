"""What the checks of both frameworks ask about devices, intervals, and the contents of files.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `choices`.
"""

import math
import pickletools
import zipfile

import numpy as np

from grader.verdict import Failed

# --- the device --------------------------------------------------------------------------------------------------


def device(start_worker, gpus, cpu):
    """Evidence that a GPU is used where there is one, and missed where there is none. Raises Failed.

    `gpus`, `cpu`: what the framework calls them; a GPU has several names.
    """
    gpu, *_ = gpus
    with start_worker(env={"CUDA_VISIBLE_DEVICES": ""}) as worker:
        for name in reversed(gpus):
            missing = _missing(worker, name)
        for wanted, gpus, expected in ((gpu, 1, gpu), (cpu, 0, cpu), (cpu, 1, cpu)):
            answer = worker.call("device", wanted, gpus)
            if answer.get("type") != expected:
                found = answer.get("type") or f"{answer.get('error')}: {answer.get('text')}"
                raise Failed(f"Asked for {wanted} where {gpus or 'no'} GPU is: expected {expected}, found {found:.80}.")
    return f"without a GPU: {missing['error']}: {missing['text'][:80]}"


def _missing(worker, gpu):
    """The error that says that there is no GPU of this name. Raises Failed for another answer."""
    missing = worker.call("device", gpu, 0)
    if "error" not in missing:
        raise Failed(
            f"Asked for {gpu} where there is none, choose_device() answered {missing.get('type')!r:.20}; "
            "expected an error.",
            "The job would go on without its GPU: nobody notices, and its time runs out." if missing else "",
        )
    if missing["error"] == "SystemExit" or not any(word in missing["text"] for word in ("GPU", "CUDA", "cuda")):
        raise Failed(
            f"Without a GPU, choose_device({gpu!r}) raises {missing['error']}: {missing['text']!r:.80}.",
            "The error has to say that there is no GPU: it is all that the log of the job will have.",
        )
    return missing


def places(answer, device):
    """Evidence that all tensors of a step are on a device. Raises Failed."""
    for kind, types in answer.items():
        if types != [device]:
            raise Failed(f"On {device}: {kind} are on {' and '.join(types) or 'no device'}.", _WHY.get(kind, ""))
    return f"{', '.join(answer)} are on {device}"


_WHY = {
    "parameters": "The model stays where it was made.",
    "buffers": "Buffers belong to the model, too: move it as a whole.",
    "inputs": "Each batch comes from the CPU and has to be moved.",
    "targets": "The targets are a part of the batch.",
}


# --- how often ---------------------------------------------------------------------------------------------------


TRIED = np.unique(np.geomspace(1, 1e9, 4000).astype(int))
"""Numbers of steps among which the best is looked for."""
MOST_STEPS = 10**15  # far more than a slip in the formula gives; what is lost with 10**400 is no float


def lost(steps, step_s, save_s, failure_s):
    """Share of the time that is lost when saving after every so many steps: saving, and work to be done again.

    To first order, with half an interval lost per failure: Young 1974, doi:10.1145/361147.361115.
    """
    interval = steps * step_s
    return save_s / interval + interval / (2 * failure_s)


def interval(worker):
    """Evidence that the hand-in's intervals lose little more time than the best ones. Raises Failed."""
    rng = np.random.default_rng()
    cases = [[float(10**v) for v in rng.uniform((-2, -1, 4), (1, 2, 7))] for _ in range(20)]
    cases += [[60.0, 0.001, 600.0], [5.0, 0.01, 900.0]]  # where less than a step would be best
    for case, answer in zip(cases, worker.call("steps_between", cases), strict=True):
        step_s, save_s, failure_s = case
        said = f"Step {step_s:.3g} s, save {save_s:.3g} s, a failure every {failure_s:.3g} s"
        if type(answer) is not int or not 1 <= answer <= MOST_STEPS:
            raise Failed(f"{said}: expected a whole number of steps, 1 to {MOST_STEPS:.0e}; found {answer!r:.40}.")
        best = int(min(TRIED, key=lambda steps: lost(steps, *case)))
        if lost(answer, *case) > 1.05 * lost(best, *case):
            raise Failed(
                f"{said}: you save after every {answer} steps and lose {lost(answer, *case):.2%} of the time; "
                f"{lost(best, *case):.2%} would be lost with {best}.",
                _why_interval(answer, *case),
            )
    return f"{len(cases)} cases within 5 % of the least loss"


def _why_interval(answer, step_s, save_s, failure_s):
    known = {
        "That is the interval in seconds; asked for are steps.": math.sqrt(2 * save_s * failure_s),
        "The 2 below the root is missing.": math.sqrt(save_s * failure_s) / step_s,
        "The root is missing.": 2 * save_s * failure_s / step_s,
    }
    return next((why for why, value in known.items() if math.isclose(answer, value, rel_tol=0.02, abs_tol=1)), "")


# --- what is in a file -------------------------------------------------------------------------------------------


PLAIN = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter", "torch Size"}
"""What a pickle may name, beside storages. torch.load(weights_only=True) refuses most of what is not here."""


def plain(path):
    """Evidence that a file of torch.save holds tensors, numbers and strings only; it is not loaded. Raises Failed."""
    try:
        with zipfile.ZipFile(path) as archive:
            pickled = archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))
        operations = [(code.name, argument) for code, argument, _ in pickletools.genops(pickled)]
    except Exception as error:
        raise Failed(f"{path.name} is not a file of torch.save(): {type(error).__name__}.") from None
    named = {argument for code, argument in operations if code == "GLOBAL"}
    other = {name for name in named - PLAIN if not (name.startswith("torch ") and name.endswith("Storage"))}
    if any(code == "STACK_GLOBAL" for code, _ in operations):
        other.add("something that its protocol hides")
    if other:
        raise Failed(
            f"The checkpoint needs {', '.join(sorted(other))[:120]}; expected tensors, numbers and strings only.",
            "An array of NumPy becomes a list with .tolist(), or a tensor with torch.from_numpy()."
            if any("numpy" in name for name in other)
            else "",
        )
    return f"{path.stat().st_size:,} bytes; what its pickle names: {', '.join(sorted(named))}"


def plain_arrays(path):
    """Evidence that a file of np.savez holds no pickles; it is not loaded. Raises Failed."""
    try:
        with zipfile.ZipFile(path) as archive:
            dtypes = {name.removesuffix(".npy"): _dtype(archive, name) for name in archive.namelist()}
    except Exception as error:
        raise Failed(f"{path.name} is not a file of np.savez(): {type(error).__name__}.") from None
    if pickled := [name for name, dtype in dtypes.items() if dtype.hasobject]:
        raise Failed(
            f"{', '.join(pickled)[:80]} can only be pickled, and np.load() refuses pickles: whoever loads one runs it.",
            "Keep what it is made of: numbers, arrays, or its text as JSON.",
        )
    return f"{path.stat().st_size:,} bytes; {len(dtypes)} arrays without a pickle"


def _dtype(archive, name):
    with archive.open(name) as file:
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        return read[np.lib.format.read_magic(file)[0]](file)[2]
