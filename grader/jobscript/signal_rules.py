"""Rules about the signal before the time limit, and about starting again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.jobscript.command import Command
from grader.jobscript.rules import Found, Job, rule
from grader.jobscript.value_rules import signal_of


def _traps(job: Job) -> dict[str, int]:
    """The signals that the batch script catches, with the line."""
    found = {}
    for command in job.script.commands:
        if (
            command.name == "trap"
            and len(command.words) > 2
            and command.words[1] not in ("-", "")
            and not command.outer
        ):
            found.update({word.upper().removeprefix("SIG"): command.line for word in command.words[2:]})
    return {name: line for name, line in found.items() if name not in ("EXIT", "ERR", "DEBUG", "RETURN", "0", "INT")}


@rule("signal", "error")
def signals(job: Job) -> Iterator[Found]:
    """A trap in the script and --signal have to agree, and the batch shell has to be the one that gets the signal."""
    traps, directive = _traps(job), job.script.last("signal")
    read = signal_of(directive.value) if directive else None
    user = next((name for name in traps if name.startswith("USR")), "")
    if not directive and user:
        yield (
            traps[user],
            f"nothing sends {user}",
            f"#SBATCH --signal=B:{user}@60",
            "Slurm sends it 60 s before the limit.",
        )
    elif directive and read and not read[0] and (user or read[1] in traps):
        right = f"--signal=B:{directive.value.rpartition(':')[2]}"
        yield (
            directive.line,
            f"{directive.spelled} goes to the steps, not to the script",
            right,
            "The script's trap waits for it.",
        )
    elif directive and read and read[0] and traps and read[1] not in traps:
        caught = ", ".join(traps)
        yield directive.line, f"the script catches {caught}, and Slurm sends {read[1]}", f"a trap for {read[1]}", ""
    elif directive and read and read[0] and not traps and not any(c.name == "exec" for c in job.script.commands):
        why = "The signal ends the script at once."
        yield (
            directive.line,
            f"{directive.spelled} goes to the script, which catches nothing",
            f"trap '...' {read[1]}",
            why,
        )


@rule("trap-waits", "warning")
def trap_waits(job: Job) -> Iterator[Found]:
    """Bash runs a trap only when the command in the foreground has ended."""
    traps = _traps(job)
    ends = {c.name for c in job.script.commands}
    background = any(c.background for c in job.script.commands)
    if traps and background and "wait" not in ends:
        advice = "Without it the script ends, and Slurm ends what is in the background."
        yield next(iter(traps.values())), "nothing waits for the command in the background", "wait PID", advice
    elif traps and not background:
        advice = "bash looks at signals between commands, and during wait."
        yield (
            next(iter(traps.values())),
            "the trap runs only after the command in the foreground",
            "COMMAND &  wait",
            advice,
        )


@rule("requeue", "warning")
def requeue(job: Job) -> Iterator[Found]:
    """A script that continues after a requeue has to allow one."""
    uses = next((c for c in job.script.commands if _requeues(c)), None)
    given = [d.option for d in job.script.directives if d.option in ("requeue", "no-requeue")]
    if uses and given[-1:] != ["requeue"]:
        found = "the script is made to be requeued, and does not ask for it"
        yield uses.line, found, "#SBATCH --requeue", "The default differs between sites."


def _requeues(command: Command) -> bool:
    text = " ".join([*command.assigned.values(), *command.words])
    return bool(re.search(r"scontrol\s+requeue\b|\bSLURM_RESTART_COUNT\b", text))


@rule("open-mode", "warning")
def open_mode(job: Job) -> Iterator[Found]:
    """After a requeue the log begins anew, and what the first run said is gone."""
    directive = job.script.last("requeue")
    if directive and not job.script.value("open-mode").startswith("a"):
        yield directive.line, "a requeued job truncates its log", "#SBATCH --open-mode=append", ""
