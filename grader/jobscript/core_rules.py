"""Rules about cores and memory: a site gives them with the GPUs, or wants them asked for."""

from __future__ import annotations

from collections.abc import Iterator

from grader.jobscript.rules import Found, Job, rule

_CORES = ("cpus-per-task", "cpus-per-gpu")
_MEMORY = ("mem", "mem-per-cpu", "mem-per-gpu")


@rule("cores-missing", "error")
def cores_missing(job: Job) -> Iterator[Found]:
    """One core for the whole job, where the site does not give cores with the GPUs."""
    if job.wants_gpu and job.site.gpus.cores_requested and not job.script.last(*_CORES):
        most = next(iter(job.site.gpus.cores.values()), 0)
        upto = f"Up to {most} for each GPU." if most else ""
        yield 0, "no cores are asked for, so there is one for each task", "#SBATCH -c CORES", upto


@rule("cores-many", "error")
def cores_many(job: Job) -> Iterator[Found]:
    """More cores than belong to the GPUs asked for."""
    cards, directive = job.site.gpus, job.script.last("cpus-per-task")
    each = cards.cores.get(job.type) or cards.cores.get("", 0)
    asked = job.script.count("cpus-per-task", 0) * job.tasks_per_node
    most = each * (job.gpus_per_node or (cards.per_node.get("", 0) if cards.whole_nodes else 0))
    if directive and 0 < most < asked:
        found = f"{directive.spelled} makes {asked} cores on each node"
        yield (
            directive.line,
            found,
            f"at most {most}: {each} for each GPU",
            "Slurm refuses more, or charges for more GPUs.",
        )


@rule("cores-given", "warning")
def cores_given(job: Job) -> Iterator[Found]:
    """Cores or memory asked for where they come with the GPUs."""
    names = (*_MEMORY, *_CORES)
    for directive in job.script.directives:
        if directive.option in names and not directive.problem and _follow(job):
            found = f"{directive.spelled} is given"
            yield (
                directive.line,
                found,
                f"neither cores nor memory on {job.site.title}",
                "They come with the GPUs. Delete it.",
            )


def _follow(job: Job) -> bool:
    return (
        job.wants_gpu
        and not job.site.gpus.cores_requested
        and not job.site.gpus.whole_nodes
        and bool(job.site.gpus.cores)
    )
