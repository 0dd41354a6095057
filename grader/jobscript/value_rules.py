"""Rules about values that sbatch refuses while it reads the options."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from grader.jobscript import ask
from grader.jobscript.rules import Found, Job, rule

_NUMBERS_WORDS = """
cores-per-socket cpus-per-gpu cpus-per-task mincpus ntasks ntasks-per-core ntasks-per-gpu ntasks-per-node
ntasks-per-socket sockets-per-node threads-per-core
"""
_NUMBERS = frozenset(_NUMBERS_WORDS.split())
_MAIL = "NONE BEGIN END FAIL REQUEUE ALL INVALID_DEPEND STAGE_OUT TIME_LIMIT TIME_LIMIT_90 TIME_LIMIT_80 TIME_LIMIT_50"
_MEMORY = (r"\d+[KMGTkmgt]?[Bb]?", "a number with K, M, G or T, for example 16G")
_FORMS = {
    **dict.fromkeys(_NUMBERS, (r"[1-9]\d{0,8}", "a whole number")),
    **dict.fromkeys(("mem", "mem-per-cpu", "mem-per-gpu", "tmp"), _MEMORY),
    "nodes": (
        r"[1-9]\d{0,8}[kKmM]?(-[1-9]\d{0,8}[kKmM]?)?(:\d+)?|[1-9][\d,:-]*",
        "a number or a range, for example 2 or 2-4",
    ),
    "mail-type": (rf"(?i)({_MAIL.replace(' ', '|')}|ARRAY_TASKS|,)+", "END, FAIL or another of Slurm's mail types"),
    "open-mode": (r"append|truncate|a|t", "append or truncate"),
    "exclusive": (r"|user|mcs|topo|exclusive", "no value, user, mcs or topo"),
}


@rule("option-value", "error")
def value(job: Job) -> Iterator[Found]:
    """Values that sbatch refuses: no number, no memory size, no event, no signal."""
    for directive in job.script.directives:
        pattern, expected = _FORMS.get(directive.option, (r".*", ""))
        if directive.problem or directive.value.startswith("="):
            continue
        if not re.fullmatch(pattern, directive.value, re.DOTALL):
            yield directive.line, f"{directive.spelled} cannot be read", expected, "sbatch refuses the script."
        elif directive.option == "array" and ask.array(directive.value) is None:
            yield directive.line, f"{directive.spelled} cannot be read", "indices such as 0-99%10 or 1,3,5", ""
        elif directive.option == "signal" and signal_of(directive.value) is None:
            yield (
                directive.line,
                f"{directive.spelled} cannot be read",
                "B:USR1@60, or another [B:]SIGNAL[@SECONDS]",
                "",
            )


def signal_of(value: str) -> tuple[bool, str] | None:
    """Whether the batch shell gets it, and the signal's name without SIG; None for what is no --signal."""
    read = re.fullmatch(r"(?:([RB]+):)?([A-Za-z]+\d?|\d{1,2})(?:@\d{1,5})?", value)
    if not read:
        return None
    name = read[2].upper().removeprefix("SIG")
    if name.isdigit():
        name = next((s.name.removeprefix("SIG") for s in signal.Signals if s.value == int(name)), "")
    return ("B" in (read[1] or ""), name) if f"SIG{name}" in signal.Signals.__members__ else None
