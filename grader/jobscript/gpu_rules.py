"""Rules about the GPUs asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.jobscript.ask import GPU_OPTIONS
from grader.jobscript.options import nearest
from grader.jobscript.rules import Found, Job, rule


@rule("gpu-missing", "error")
def gpu_missing(job: Job) -> Iterator[Found]:
    """A job without a GPU on a GPU cluster."""
    wrote_one = any("gpu" in d.spelled for d in job.script.directives if d.problem)  # another rule has that line
    if job.wants_gpu and job.site.gpus.form and not job.gpus and not wrote_one:
        yield (
            0,
            "no GPU is asked for",
            f"#SBATCH {example(job)}",
            f"A job on {job.site.title} does not get one by itself.",
        )


@rule("gpu-form", "error")
def gpu_form(job: Job) -> Iterator[Found]:
    """A value that cannot be read, a type where the site has none, none where it needs one."""
    for asked in job.gpus:
        line, spelled = asked.directive.line, asked.directive.spelled
        if not asked.count:
            yield line, f"{spelled} asks for no number of GPUs", example(job), ""
        elif asked.type and not job.site.gpus.types:
            yield (
                line,
                f"{spelled} names a type",
                example(job),
                f"{job.site.title} has one type of GPU, and no names for it.",
            )
        elif not asked.type and "{type}" in job.site.gpus.form:
            types = ", ".join(job.site.gpus.types)
            yield line, f"{spelled} names no type of GPU", example(job), f"The types are {types}."


@rule("gpu-spelling", "warning")
def gpu_spelling(job: Job) -> Iterator[Found]:
    """What Slurm understands as well, but not the form that the site documents."""
    cards = job.site.gpus
    forms = {
        f.partition("=")[0].lstrip("-") for f in (cards.form, cards.several_nodes.form if job.nodes > 1 else "") if f
    }
    for asked in job.gpus:
        line, spelled = asked.directive.line, asked.directive.spelled
        if not forms:
            yield (
                line,
                f"{spelled} is given",
                f"whole nodes on {job.site.title}",
                "Ask for -N nodes, and one task for each GPU.",
            )
        elif asked.directive.option not in forms:
            yield line, f"{spelled} is not the form of {job.site.title}", example(job), ""
        elif asked.type in cards.types and cards.types and "{type}" not in cards.form:
            yield line, f"{spelled} names the type", f"{example(job)} on {job.site.title}", ""


@rule("gpu-type", "error")
def gpu_type(job: Job) -> Iterator[Found]:
    """A type that the site does not have; capitals matter."""
    cards = job.site.gpus
    named = [(g.directive, g.type) for g in job.gpus if g.type and cards.types]
    directive = job.script.last("constraint")
    if directive and cards.constraint:
        named += [(directive, c) for c in job.constraints if nearest(c, cards.types, 0.5)]
    for where, name in named:
        if name not in cards.types:
            near = nearest(name, cards.types, 0.5)
            expected = near if near.lower() == name.lower() else f"one of {', '.join(cards.types)}"
            hint = "Capitals matter." if expected == near else f"Most like it is {near}." if near else ""
            yield where.line, f"{job.site.title} has no GPU of type {name}", expected, hint


@rule("constraint", "error")
def constraint(job: Job) -> Iterator[Found]:
    """A type of GPU asked for by -C where the site names it in the request."""
    directive, cards = job.script.last("constraint"), job.site.gpus
    types = {name.lower(): name for name in cards.types}
    for name in job.constraints if directive and not cards.constraint else ():
        if directive and name.lower() in types:
            right = cards.form.format(type=types[name.lower()], count=1, total=1)
            yield (
                directive.line,
                f"-C {name} is no feature of {job.site.title}",
                right,
                "Name the type in the request for GPUs.",
            )


@rule("gpu-count", "error")
def gpu_count(job: Job) -> Iterator[Found]:
    """More GPUs than a node has, or fewer than there are nodes."""
    for asked in job.gpus:
        most, each = job.most_gpus(asked), asked.per_node(job.nodes, job.tasks_per_node)
        if not job.script.last("nodes"):  # then Slurm takes as many nodes as it needs, and a task is on one of them
            if asked.directive.option == "gpus":
                continue
            each = asked.count if asked.directive.option.endswith("per-task") else each
        if asked.directive.option == "gpus" and 0 < asked.count < job.nodes:
            found = f"{asked.directive.spelled} is the sum of all {job.nodes} nodes"
            yield asked.directive.line, found, f"at least {job.nodes}", "Each node needs one. Slurm refuses the script."
        if 0 < most < each:
            kind = f"{asked.type} node" if asked.type else "node"
            of = f"at most {most} on each {kind} of {job.site.title}"
            yield (
                asked.directive.line,
                f"{asked.directive.spelled} is more than a node has",
                of,
                "Take more nodes, or fewer GPUs.",
            )


@rule("gpu-memory", "error")
def gpu_memory(job: Job) -> Iterator[Found]:
    """A memory size by -C that no node with this type of GPU has."""
    directive, sizes = job.script.last("constraint"), job.site.gpus.node_memory_gb
    for name in job.constraints if directive else ():
        size = re.fullmatch(r"(?i)mem(\d{1,6})", name)
        if directive and size and job.type in sizes and int(size[1]) not in sizes[job.type]:
            fits = [kind for kind, has in sizes.items() if int(size[1]) in has]
            where = f"{' and '.join(fits)} nodes have {size[1]} GB." if fits else ""
            has = " or ".join(f"MEM{gb}" for gb in sizes[job.type])
            yield directive.line, f"-C {name} with {job.type}: no such node", f"{has} for {job.type}", where


@rule("gpu-comment", "warning")
def gpu_comment(job: Job) -> Iterator[Found]:
    """A comment that names another GPU than the request."""
    for asked in job.gpus:
        line = asked.directive.line
        above = job.script.lines[line - 2] if line > 1 else ""
        texts = (job.script.comments.get(line, ""), above if re.match(r"#(?!!|SBATCH)", above) else "")
        said = [t for t in job.site.gpus.types if any(re.search(rf"\b{re.escape(t)}\b", text) for text in texts)]
        if asked.type in job.site.gpus.types and said and asked.type not in said:
            found = f"the comment says {said[0]}, the request {asked.type}"
            yield line, found, "one type in both", "Slurm reads the request only."


@rule("step-gpus", "warning")
def step_gpus(job: Job) -> Iterator[Found]:
    """GPUs without a type for a step of a job that names one: Slurm 22.05 refuses the step when the job runs."""
    typed = any(g.type for g in job.gpus)
    for command in job.script.commands if typed else ():
        if command.outer:
            continue
        step = command.after("srun") or []
        for word in step:
            if re.fullmatch(rf"--({'|'.join(GPU_OPTIONS)})=\d+", word):
                kind = next(g.type for g in job.gpus if g.type)
                right = re.sub(r"=", f"={kind}:", word)
                yield (
                    command.line,
                    f"srun {word} names no type, the job does",
                    right,
                    "Or leave it out: steps get the job's GPUs.",
                )


def example(job: Job) -> str:
    """The site's own form of the request for the type that is asked for, or its usual one."""
    cards = job.site.gpus
    count = max((g.count for g in job.gpus), default=1) or 1
    spec = cards.form.format(type=job.type or cards.default, count=count, total=count)
    return f"{spec} -C {cards.constraint.format(type=job.type or cards.default)}" if cards.constraint else spec
