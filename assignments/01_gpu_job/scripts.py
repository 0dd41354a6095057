"""What the checks of both frameworks ask about job scripts, by reading them; one submits it.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `scripts`.
"""

import re
import subprocess
import time

from grader import jobscript, sites, slurm, todo
from grader.jobscript import ask, flow
from grader.jobscript.command import option
from grader.jobscript.rules import Job
from grader.verdict import Failed, NotMeasured

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
MOST_TRAININGS = 3  # whose command lines are looked at
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
    evidence = _kept(text, site, ASKED, 1)
    wanted = Job.of(script, site)
    for gpus in {g.directive.option: g for g in wanted.gpus}.values():
        same = [g.per_node(wanted.nodes, wanted.tasks_per_node) for g in wanted.gpus if g.directive == gpus.directive]
        count = sum(same) * wanted.nodes
        if count > 1:
            raise Failed(
                f"line {gpus.directive.line}: {gpus.directive.spelled} asks for {count} GPUs; expected 1.",
                "The training uses one. The others would be idle, and paid for.",
            )
    time = script.last("time")
    if ask.seconds(time.value) > LONGEST_S:
        raise Failed(f"line {time.line}: {time.spelled} is long for this exercise; expected an hour at most.")
    return f"{evidence}: {', '.join(d.spelled for d in script.directives)}"


def prepared(text, look):
    """Evidence that software, storage and a look at the GPU (a pattern) are there. Raises Failed."""
    script, site = job(text)
    evidence = _kept(text, site, PREPARED, 2)
    places = [(c.line, c.assigned["CHECKPOINTS"]) for c in script.commands if "CHECKPOINTS" in c.assigned]
    if not places:
        raise Failed("No CHECKPOINTS=... says where the checkpoints are.")
    line, place = places[-1][0], _expanded(script, places[-1][1])
    for lost, why in ((NOT_KEPT, "it is gone when the job ends"), (IN_HOME, "home has a small quota, for a reason")):
        if lost.search(place):
            raise Failed(f"line {line}: checkpoints are in {place}; expected project storage: {why}.")
    trainings = [c for c in script.commands if _trains(c)]
    training = trainings[0].line if trainings else len(script.lines) + 1
    before = (line for line in script.lines[: training - 1] if not line.lstrip().startswith("#"))
    if not re.search(look, "\n".join(before)):
        raise Failed(
            "Nothing looks at the GPU before the training starts.",
            "Ask the framework itself, and let the job end if it sees none: nvidia-smi may see what it does not.",
        )
    _raise(flow.look(script, look, training - 1))
    for command in trainings[:MOST_TRAININGS]:
        _placed(script, command, place)
    return f"{evidence}; checkpoints in {place}"


def _placed(script, command, place):
    """Raise Failed when a training, as its command line says, saves elsewhere or trains on the CPU."""
    device, written = option(command.chain, "--device"), option(command.chain, "--checkpoint")
    own = f"TODO(3), line {command.line}"
    if device.lower().startswith(("cpu", "/cpu")):
        raise Failed(
            f"line {command.line}: the training gets --device {device:.20}; expected the GPU that the job asks for.",
            "On the CPU it takes many times as long, and the GPU is idle.",
            own,
        )
    path = _expanded(script, written)
    moved = any(c.name in ("cd", "pushd") for c in script.commands)
    unknown = path.startswith(("$", "`")) or not path or (moved and not path.startswith("/"))
    if not path.startswith(place) and not unknown:
        raise Failed(
            f"line {command.line}: --checkpoint {written:.60} is not below $CHECKPOINTS; expected it there.",
            "What is elsewhere is in the folder of the job, or lost with it.",
            own,
        )


def _raise(problem):
    if problem:
        raise Failed(f"line {problem.line}: {problem.found}.", problem.why)


def warned(text):
    """Evidence that the script gets a signal in time, passes it on, and has the job queued again. Raises Failed."""
    script, site = job(text)
    evidence = _kept(text, site, WARNED, 3)
    directive, words = script.last("signal"), [c.words for c in script.commands]
    if not directive:
        raise Failed(
            "Nothing warns the script before its time is up: there is no --signal.", next="TODO(1) of the script"
        )
    ahead = re.fullmatch(r"(?:[BR]+:)?(\w+)@(\d+)", directive.value)
    if not ahead or int(ahead[2]) < 60:
        raise Failed(
            f"line {directive.line}: {directive.spelled}; expected a signal 60 s or more before the limit.",
            "Slurm may send it up to 60 s early, and a large checkpoint takes its time.",
            f"TODO(1) of the script, line {directive.line}",
        )
    name = ahead[1].removeprefix("SIG")
    traps = [w for w in words if w[:1] == ["trap"] and {name, f"SIG{name}"} & set(w)]
    if not any("kill" in w[1] for w in traps if len(w) > 1) and not _kills(script.text, traps):
        raise Failed(f"The script catches {ahead[1]} and does not pass it on to the training.", "kill -USR1 PID does.")
    if not any(w[:2] == ["scontrol", "requeue"] for w in words):
        raise Failed("Nobody has the job queued again: there is no scontrol requeue.", "--requeue only allows it.")
    for training in [c for c in script.commands if _trains(c)][:1]:
        _raise(flow.requeue(script, training))
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


def _kept(text, site, rules, own):
    """Evidence that a script keeps rules. Raises Failed, with the TODO to go to where it is not the check's own."""
    try:
        return jobscript.judge_script(text, site, rules=rules)
    except Failed as failed:  # with the hints of this exercise, and without a line of another file
        evidence, line = failed.outcome.evidence, failed.outcome.line
        missing = "expected #SBATCH" in evidence.partition("\n")[0]
        if own != 1 and (missing or todo.region_at(text, line) == 1):  # these lines are not where the check's own are
            raise Failed(evidence, next=f"TODO(1) of the script{'' if missing else f', line {line}'}") from None
        raise Failed(evidence) from None


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
