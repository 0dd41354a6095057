"""What the checks of both frameworks ask about devices, intervals, the contents of files, and job scripts.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `choices`.
"""

import math
import pickletools
import re
import subprocess
import time
import zipfile

import numpy as np

from grader import jobscript, sites, slurm
from grader.jobscript import ask
from grader.verdict import Failed, NotMeasured

# --- the device --------------------------------------------------------------------------------------------------


def device(start_worker, gpu, cpu):
    """Evidence that a GPU is used where there is one, and missed where there is none. Raises Failed.

    `gpu`, `cpu`: what the framework calls them.
    """
    with start_worker(env={"CUDA_VISIBLE_DEVICES": ""}) as worker:
        missing = worker.call("device", gpu, 0)
        if "error" not in missing:
            raise Failed(
                f"Asked for {gpu} where there is none, choose_device() answered {missing.get('type')!r:.20}; "
                "expected an error.",
                "The job would go on without its GPU: nobody notices, and its time runs out." if missing else "",
            )
        if missing["error"] == "SystemExit" or not any(word in missing["text"] for word in ("GPU", "CUDA", "cuda")):
            raise Failed(
                f"Without a GPU, choose_device() raises {missing['error']}: {missing['text']!r:.80}.",
                "The error has to say that there is no GPU: it is all that the log of the job will have.",
            )
        for wanted, gpus, expected in ((gpu, 1, gpu), (cpu, 0, cpu), (cpu, 1, cpu)):
            answer = worker.call("device", wanted, gpus)
            if answer.get("type") != expected:
                found = answer.get("type") or f"{answer.get('error')}: {answer.get('text')}"
                raise Failed(f"Asked for {wanted} where {gpus or 'no'} GPU is: expected {expected}, found {found:.80}.")
    return f"without a GPU: {missing['error']}: {missing['text'][:80]}"


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


# --- the job script ----------------------------------------------------------------------------------------------


ASKED = (
    *("shebang", "line-ends", "late-directive", "directive-prefix", "unknown-option", "option-form", "option-value"),
    *("account-missing", "account-form", "placeholder", "time-missing", "time-form", "time-limit"),
    *("partition", "partition-missing", "tasks-nodes", "cores-missing", "cores-many", "cores-given"),
    *("gpu-missing", "gpu-form", "gpu-spelling", "gpu-type", "gpu-count", "gpu-memory", "constraint", "gpu-comment"),
    *("job-name", "output-name", "path-variable"),
)
PREPARED = (
    *("module-purge", "module-version", "module-architecture", "environment", "container-gpu"),
    *("cache-home", "cache-unset", "goes-on"),
)
WARNED = ("shell-syntax", "signal", "trap-waits", "requeue", "open-mode", "unbuffered")
"""Rules of grader.jobscript, by what they are about."""

LONGEST_S = 3600
LONGEST_PATH = 1000
WAIT_S, POLL_S = 600, 2  # for a job that was submitted
NOT_KEPT = re.compile(r"\$\{?(TMPDIR|SNIC_TMP)\b|/tmp\b|/scratch/local|/dev/shm")
IN_HOME = re.compile(r"~|\$\{?HOME\b|/home/|/cephyr/users/")


def job(text):
    """A job script, taken apart, and the site that it names. Raises Failed for a site without a profile."""
    named = re.search(r"^# *site: *(\S+)", text, re.MULTILINE)
    if not named or named[1] not in sites.names():
        found = f"names the site {named[1]!r:.40}" if named else "has no line '# site: NAME'"
        raise Failed(f"The script {found}; expected one of {', '.join(sites.names())}.")
    return jobscript.parse(text), sites.load(named[1])


def asked(text):
    """Evidence that a script asks for a GPU, time and a log, and says who pays. Raises Failed."""
    script, site = job(text)
    evidence = _kept(text, site, ASKED)
    time = script.last("time")
    if ask.seconds(time.value) > LONGEST_S:
        raise Failed(f"line {time.line}: {time.spelled} is long for this exercise; expected an hour at most.")
    return f"{evidence}: {', '.join(d.spelled for d in script.directives)}"


def prepared(text, look):
    """Evidence that software, storage and a look at the GPU (a pattern) are there. Raises Failed."""
    script, site = job(text)
    evidence = _kept(text, site, PREPARED)
    places = [(c.line, c.assigned["CHECKPOINTS"]) for c in script.commands if "CHECKPOINTS" in c.assigned]
    if not places:
        raise Failed("No CHECKPOINTS=... says where the checkpoints are.")
    line, place = places[-1][0], _expanded(script, places[-1][1])
    for lost, why in ((NOT_KEPT, "it is gone when the job ends"), (IN_HOME, "home has a small quota, for a reason")):
        if lost.search(place):
            raise Failed(f"line {line}: checkpoints are in {place}; expected project storage: {why}.")
    training = next((c.line for c in script.commands if _trains(c)), len(script.lines) + 1)
    before = (line for line in script.lines[: training - 1] if not line.lstrip().startswith("#"))
    if not re.search(look, "\n".join(before)):
        raise Failed(
            "Nothing looks at the GPU before the training starts.",
            "Ask the framework itself, and let the job end if it sees none: nvidia-smi may see what it does not.",
        )
    return f"{evidence}; checkpoints in {place}"


def warned(text):
    """Evidence that the script gets a signal in time, passes it on, and has the job queued again. Raises Failed."""
    script, site = job(text)
    evidence = _kept(text, site, WARNED)
    directive, words = script.last("signal"), [c.words for c in script.commands]
    if not directive:
        raise Failed("Nothing warns the script before its time is up: there is no --signal.")
    ahead = re.fullmatch(r"(?:[BR]+:)?(\w+)@(\d+)", directive.value)
    if not ahead or int(ahead[2]) < 60:
        raise Failed(
            f"line {directive.line}: {directive.spelled}; expected a signal 60 s or more before the limit.",
            "Slurm may send it up to 60 s early, and a large checkpoint takes its time.",
        )
    name = ahead[1].removeprefix("SIG")
    traps = [w for w in words if w[:1] == ["trap"] and {name, f"SIG{name}"} & set(w)]
    if not any("kill" in w[1] for w in traps if len(w) > 1) and not _kills(script.text, traps):
        raise Failed(f"The script catches {ahead[1]} and does not pass it on to the training.", "kill -USR1 PID does.")
    if not any(w[:2] == ["scontrol", "requeue"] for w in words):
        raise Failed("Nobody has the job queued again: there is no scontrol requeue.", "--requeue only allows it.")
    return f"{evidence}; {directive.spelled}, and scontrol requeue"


def submitted(folder, name):
    """Evidence that a script, submitted from its folder, trains to the end. Raises Failed, NotMeasured."""
    sent = subprocess.run(["sbatch", "--parsable", name], cwd=folder, capture_output=True, text=True, check=False)
    if sent.returncode:
        if isinstance(slurm.refusal(sent.stderr), slurm.Unreachable):
            raise NotMeasured("Slurm's controller does not answer.", next="try again from a login node")
        raise Failed(f"Slurm refuses {name}: {sent.stderr.strip():.300}")
    number, end = sent.stdout.strip().partition(";")[0], time.monotonic() + WAIT_S
    script = jobscript.parse((folder / name).read_text("utf-8"))
    log = folder / re.sub("%[jA]", number, script.value("output").replace("%x", script.value("job-name")))
    while state := _state(number):
        if time.monotonic() > end:
            raise NotMeasured(f"After {WAIT_S} s job {number} is {state}.", next=f"when it has ended, read {log.name}")
        time.sleep(POLL_S)
    said = log.read_text("utf-8", "replace").strip().splitlines() if log.is_file() else []
    if not said or not said[-1].startswith("finished; "):  # a log that is continued has other jobs before this one
        last = " ".join(said[-2:])[:300]
        raise Failed(f"Job {number} ended, and its training is not finished. {log.name} ends with:", last)
    return f"job {number}: {said[-1]}"


def _state(number):
    """State of a job that has not ended yet; empty for another."""
    asked = ["squeue", "-h", "-j", number, "-o", "%T"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _kept(text, site, rules):
    try:
        return jobscript.judge_script(text, site, rules=rules)
    except Failed as failed:  # with the hints of this exercise, and without a line of another file
        raise Failed(failed.outcome.evidence) from None


def _expanded(script, value):
    """A value with the script's own variables put in."""
    known = {name: text[:LONGEST_PATH] for c in script.commands for name, text in c.assigned.items()}
    for _ in range(5):  # each round cut off: variables of variables would grow without end
        value = re.sub(r"\$\{?(\w+)\}?", lambda m: known.get(m[1], m[0]), value[:LONGEST_PATH])
    return value[:LONGEST_PATH]


def _trains(command):
    return any(word.rsplit("/", 1)[-1] in ("train.py", "train_tf.py") for word in command.chain)


def _kills(text, traps):
    """Whether a trap calls a function of the script that contains a kill."""
    names = [word for words in traps for word in words[1:2]]
    begins = (re.search(rf"^[ \t]*(?:function +)?{re.escape(n)}[ \t]*\(\)([^}}]*)", text, re.MULTILINE) for n in names)
    return any(re.search(r"\bkill\b", found[1]) for found in begins if found)
