"""The options of sbatch, and how it reads a word that may be one: as getopt_long does, unique beginnings included.

The list is that of `sbatch --help` of Slurm 22.05, with what later releases added (--prefer, --tres-per-task ...).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

_VALUE = """
array account acctg-freq batch bb bbf begin chdir cluster-constraint clusters comment constraint container
container-id core-spec cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency
distribution error exclude export export-file extra extra-node-info gid gpu-bind gpu-freq gpus gpus-per-node
gpus-per-socket gpus-per-task gres gres-flags hint input job-name licenses mail-type mail-user mcs-label mem mem-bind
mem-per-cpu mem-per-gpu mincpus network nodefile nodelist nodes ntasks ntasks-per-core ntasks-per-gpu ntasks-per-node
ntasks-per-socket open-mode output partition power prefer priority profile qos reservation segment signal
sockets-per-node switches tasks-per-node thread-spec threads-per-core time time-min tmp tres-bind tres-per-task uid
wait-all-nodes wckey wrap
"""
_FLAG = """
contiguous exclude-dependencies help hold ignore-pbs no-requeue overcommit oversubscribe parsable quiet reboot requeue
spread-job test-only usage use-min-nodes verbose version wait
"""
_MAYBE = "exclusive get-user-env kill-on-invalid-dep nice no-kill oom-kill-step propagate resv-ports stepmgr"

KINDS = {
    **dict.fromkeys(_VALUE.split(), "value"),
    **dict.fromkeys(_FLAG.split(), "flag"),
    **dict.fromkeys(_MAYBE.split(), "maybe"),
    "kill-on-invalid-dep": "value",
}
"""Whether an option needs a value, takes none, or may have one (then only as `--option=value`)."""

ALIASES = {"tasks-per-node": "ntasks-per-node"}

SHORT = {
    "a": "array",
    "A": "account",
    "b": "begin",
    "B": "extra-node-info",
    "c": "cpus-per-task",
    "C": "constraint",
    "d": "dependency",
    "D": "chdir",
    "e": "error",
    "F": "nodefile",
    "G": "gpus",
    "H": "hold",
    "h": "help",
    "i": "input",
    "J": "job-name",
    "k": "no-kill",
    "L": "licenses",
    "m": "distribution",
    "M": "clusters",
    "n": "ntasks",
    "N": "nodes",
    "o": "output",
    "O": "overcommit",
    "p": "partition",
    "q": "qos",
    "Q": "quiet",
    "s": "oversubscribe",
    "S": "core-spec",
    "t": "time",
    "v": "verbose",
    "V": "version",
    "w": "nodelist",
    "W": "wait",
    "x": "exclude",
}


@dataclass(frozen=True)
class Directive:
    """One option of a script as sbatch reads it."""

    line: int
    """Line of the script, from 1."""
    option: str
    """Its long name; empty where sbatch knows no such option."""
    value: str
    spelled: str
    """As it stands in the script, for messages."""
    problem: str = ""
    """Why sbatch refuses it: `unknown`, `ambiguous`, `no value`, `takes no value`, `no option`; else empty."""


def read(words: list[tuple[int, str]]) -> list[Directive]:
    """The options among the words of all `#SBATCH` lines, each word with its line. Their order is kept."""
    found: list[Directive] = []
    rest = list(reversed(words))
    while rest:
        line, word = rest.pop()
        if word == "--":  # ends the options
            return [*found, *(Directive(at, "", "", left, "no option") for at, left in reversed(rest))]
        if word.startswith("--"):
            found.append(_long(line, word, rest))
        elif word.startswith("-") and len(word) > 1:
            found.extend(_short(line, word, rest))
        elif word not in ("hetjob", "packjob"):
            found.append(Directive(line, "", "", word, "no option"))
    return found


def _long(line: int, word: str, rest: list[tuple[int, str]]) -> Directive:
    spelled, equals, value = word[2:].partition("=")
    fits = [spelled] if spelled in KINDS else [o for o in KINDS if o.startswith(spelled)]
    if len(fits) != 1:
        return Directive(line, "", value, word, "ambiguous" if fits else "unknown")
    kind, option = KINDS[fits[0]], ALIASES.get(fits[0], fits[0])
    if kind == "flag" and equals:
        return Directive(line, option, value, word, "takes no value")
    if kind == "value" and not equals:
        return _with_next(line, option, word, rest)
    return Directive(line, option, value, word)


def _with_next(line: int, option: str, word: str, rest: list[tuple[int, str]]) -> Directive:
    if not rest:
        return Directive(line, option, "", word, "no value")
    # sbatch joins the words of all lines before it looks for options, so a value may even come from the next line.
    value = rest.pop()[1]
    return Directive(line, option, value, f"{word} {value}")


def _short(line: int, word: str, rest: list[tuple[int, str]]) -> list[Directive]:
    found: list[Directive] = []
    for at, letter in enumerate(word[1:], 1):
        option = SHORT.get(letter, "")
        if not option:
            return [*found, Directive(line, "", "", word, "unknown")]
        if KINDS[option] == "value":
            value = word[at + 1 :]
            spelled = f"-{letter}{value}"
            return [
                *found,
                Directive(line, option, value, spelled) if value else _with_next(line, option, spelled, rest),
            ]
        if KINDS[option] == "maybe":
            return [*found, Directive(line, option, word[at + 1 :], f"-{word[at:]}")]
        found.append(Directive(line, option, "", f"-{letter}"))
    return found


def nearest(word: str, among: list[str] | tuple[str, ...], cutoff: float = 0.6) -> str:
    """The most similar of some names, case aside; empty when none is similar."""
    lower = {name.lower(): name for name in reversed(among)}
    fits = difflib.get_close_matches(word.lower(), list(lower), 1, cutoff)
    return lower[fits[0]] if fits else ""
