"""Rules about the request without its GPUs: account, time, partition, arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader import sites
from grader.jobscript import ask
from grader.jobscript.options import nearest
from grader.jobscript.rules import Found, Job, partitions, rule

_NO_VALUE = (
    r"<[^<>|&;\n]+>|X{3,}|\b(naiss|snic|c3se|hpc2n|uppmax|berzelius-|lu)yyyy|\bYYYY-|\byour[ _.-]\w+"
    r"|change_?me|\bfill[ _]?in\b|\bTODO\b"
)
_IN_VALUES = re.compile(_NO_VALUE, re.IGNORECASE)
_NAMED = r"your|the|my|project|proj|account|user|username|name|path|image|module|cid|fill|site|group"
_IN_COMMANDS = re.compile(rf"<(?:{_NAMED})\b[^<>|&;\n]*>|naissyyyy|\byour_\w+|/path/to/|change_?me", re.IGNORECASE)


@rule("placeholder", "error")
def placeholder(job: Job) -> Iterator[Found]:
    """Words that stand for something the author was to fill in, in directives and in commands."""
    fill = "Fill it in."
    for directive in job.script.directives:
        shown = job.site.account.placeholder.lower()
        if not directive.problem and (shown in directive.value.lower() or _IN_VALUES.search(directive.value)):
            expected = (
                f"your project, as in {job.site.account.form}" if directive.option == "account" else "your own value"
            )
            yield directive.line, f"{directive.spelled} still has its placeholder", expected, fill
    for number, line in enumerate(job.script.lines, 1):
        left = _IN_COMMANDS.search(line)
        if left and number > job.script.head and not line.lstrip().startswith("#"):
            yield number, f"{left[0]} still stands there", "your own value", fill


@rule("account-missing", "error")
def account_missing(job: Job) -> Iterator[Found]:
    """Every NAISS site charges a project."""
    if not job.script.last("account"):
        yield 0, "no account is given", f"#SBATCH -A {job.site.account.form}", "projinfo, or SUPR, shows your projects."


@rule("account-form", "error")
def account_form(job: Job) -> Iterator[Found]:
    """An account that cannot be a project of this site."""
    directive, account = job.script.last("account"), job.site.account
    left = directive and (account.placeholder.lower() in directive.value.lower() or _IN_VALUES.search(directive.value))
    fits = directive and (re.fullmatch(account.pattern, directive.value) or _fits_head(job, directive.value))
    if directive and not left and not fits:
        like = next((s for s in _others(job) if re.fullmatch(s.account.pattern, directive.value)), None)
        hint = f"Projects of {like.title} look like this." if like else "projinfo, or SUPR, shows your projects."
        yield directive.line, f"{directive.spelled} is no project of {job.site.title}", account.form, hint


@rule("time-missing", "error")
def time_missing(job: Job) -> Iterator[Found]:
    """Without a limit a job gets the partition's default, and waits longer or ends too early."""
    if not any(d.option == "time" for d in job.script.directives):
        yield 0, "no time limit is given", "#SBATCH -t 0:15:00, or what your job takes", "A short limit starts sooner."


@rule("time-form", "error")
def time_form(job: Job) -> Iterator[Found]:
    """Slurm knows minutes and clocks, no units."""
    for directive in job.script.directives:
        no_matter = directive.problem or directive.value.startswith("=") or ask.seconds(directive.value) is not None
        if directive.option in ("time", "time-min") and not no_matter:
            forms = "minutes, h:m:s or d-h:m:s"
            yield directive.line, f"{directive.spelled} is no time", forms, "10 minutes are  -t 10  or  -t 0:10:00."


@rule("time-limit", "error")
def time_limit(job: Job) -> Iterator[Found]:
    """Jobs that ask for more than the site's longest time wait for ever, or are refused."""
    directive, most = job.script.last("time"), job.site.slurm.hours * 3600
    asked = ask.seconds(directive.value) if directive else None
    if directive and asked and asked > most:
        expected = f"at most {ask.clock(most)} on {job.site.title}"
        yield (
            directive.line,
            f"{directive.spelled} is too long",
            expected,
            "Save checkpoints, and continue in the next job.",
        )


@rule("partition", "error")
def partition(job: Job) -> Iterator[Found]:
    """A partition of another centre, or one without GPUs."""
    directive = job.script.last("partition")
    right = job.partitions
    for name in directive.value.split(",") if directive else ():
        if directive and right and name not in right:
            owner = next((s for s in _others(job) if name in partitions(s)), None)
            hint = f"{name} is a partition of {owner.title}." if owner else f"On {job.site.title} GPU jobs run there."
            yield (
                directive.line,
                f"-p {name} is not for this job",
                f"-p {nearest(name, tuple(right)) or right[0]}",
                hint,
            )
        elif directive and not right and job.wants_gpu:
            yield (
                directive.line,
                f"-p {name} is given",
                f"no partition on {job.site.title}",
                "Delete it: Slurm finds it.",
            )


@rule("partition-missing", "error")
def partition_missing(job: Job) -> Iterator[Found]:
    """Without one the job goes to the default partition, which may have no GPUs."""
    if job.partitions and not job.script.last("partition") and not job.site.slurm.default_partition:
        yield 0, "no partition is given", f"#SBATCH -p {job.partitions[0]}", f"{job.site.title} needs it for GPU jobs."


@rule("array-size", "error")
def array_size(job: Job) -> Iterator[Found]:
    """Slurm refuses indices from MaxArraySize on."""
    directive, most = job.script.last("array"), job.site.slurm.array
    read = ask.array(directive.value) if directive else None
    if directive and read and read[0] >= most:
        yield (
            directive.line,
            f"{directive.spelled} goes to {read[0]}",
            f"at most {most - 1}",
            "Let each task do several.",
        )


@rule("array-limit", "warning")
def array_limit(job: Job) -> Iterator[Found]:
    """An array without a limit may take every free GPU of the project at once."""
    directive = job.script.last("array")
    read = ask.array(directive.value) if directive else None
    if directive and read and not read[1] and read[0]:
        yield directive.line, f"{directive.spelled} may start all at once", f"--array={directive.value}%10", ""


@rule("tasks-nodes", "error")
def tasks_nodes(job: Job) -> Iterator[Found]:
    """More nodes than tasks: Slurm quietly gives fewer nodes."""
    tasks = job.script.last("ntasks")
    if tasks and 0 < job.script.count("ntasks", job.nodes) < job.nodes:
        found = f"{tasks.spelled} is less than the {job.nodes} nodes asked for"
        yield tasks.line, found, f"at least {job.nodes} tasks", "Slurm would give fewer nodes."


def _fits_head(job: Job, account: str) -> bool:
    """Whether an account has the form of those for jobs without a GPU, where a site tells the two apart."""
    form = re.sub(r"(?<=-)[A-Za-z]{1,3}(?=-|$)(?<!cpu)(?<!gpu)|[yY]{4}", "0", job.site.head.account)
    return not job.wants_gpu and re.sub(r"\d+", "0", account) == form


def _others(job: Job) -> Iterator[sites.Site]:
    return (sites.load(name) for name in sites.names() if name not in (job.site.name, "local"))
