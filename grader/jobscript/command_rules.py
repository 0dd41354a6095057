"""Rules about what the script does once it runs: how Python is started, on how many ranks and workers."""

from __future__ import annotations

from collections.abc import Iterator

from grader.jobscript.command import Command, option
from grader.jobscript.rules import Found, Job, rule

_WORKER_OPTIONS = (
    "--num-workers",
    "--num_workers",
    "--workers",
    "--dataloader-num-workers",
    "--dataloader_num_workers",
)
_WORKER_NAMES = ("NUM_WORKERS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_NPROC = ("--nproc-per-node", "--nproc_per_node")
_IDLE_WORDS = """
echo printf true false : hostname date sleep pwd ls cat env id whoami uname nproc lscpu free df module ml cd mkdir set
export source . exit [ [[ test wait trap uptime squeue scontrol
"""
_IDLE = frozenset(_IDLE_WORDS.split())


def launcher(command: Command) -> list[str] | None:
    """The words behind torchrun, or `python -m torch.distributed.run`; None for another command."""
    behind = command.after("torchrun")
    if behind is None and "torch.distributed.run" in command.chain:
        behind = command.chain[command.chain.index("torch.distributed.run") + 1 :]
    return behind


def _step(command: Command) -> list[str]:
    """The words between srun and torchrun; empty without srun."""
    behind, inner = command.after("srun") or [], launcher(command) or []
    return behind[: len(behind) - len(inner)]


@rule("launch-twice", "error")
def launch_twice(job: Job) -> Iterator[Found]:
    """Srun starts a task for each GPU, and each task's torchrun starts a process for each GPU."""
    for command in job.script.commands:
        behind, step = launcher(command), _step(command)
        if behind is None or not step:
            continue
        per_node, tasks = option(step, "--ntasks-per-node", "--tasks-per-node"), option(step, "--ntasks", "-n")
        nodes = _number(option(step, "--nodes", "-N")) or job.nodes
        count = _number(per_node) or (-(-_number(tasks) // nodes))
        if not per_node and not tasks:  # one that is given as $NAME may be 1
            count = job.tasks_per_node
        if count > 1 and option(behind, *_NPROC) != "1":
            found = f"srun starts torchrun {count} times on each node, and each starts its own ranks"
            yield (
                command.line,
                found,
                "srun --ntasks-per-node=1 torchrun ..., or srun python for each rank",
                "Not both.",
            )


@rule("launch-once", "error")
def launch_once(job: Job) -> Iterator[Found]:
    """Torchrun without srun in a job of several nodes: it runs on the first one alone."""
    for command in job.script.commands:
        alone = launcher(command) is not None and not command.after("srun", "mpirun", "ssh", "pdsh", "clush")
        if alone and job.nodes > 1:
            found = f"torchrun starts on one of {job.nodes} nodes"
            yield (
                command.line,
                found,
                f"srun -N {job.nodes} --ntasks-per-node=1 torchrun ...",
                "The others would stay idle.",
            )


@rule("ranks", "error")
def ranks(job: Job) -> Iterator[Found]:
    """As many ranks on a node as it has GPUs."""
    for command in job.script.commands:
        count = option(launcher(command) or [], *_NPROC)
        if _number(count) and job.gpus_per_node and not job.spread and _number(count) != job.gpus_per_node:
            found = f"torchrun starts {count} ranks on a node with {job.gpus_per_node} GPU(s)"
            yield (
                command.line,
                found,
                f"--nproc-per-node={job.gpus_per_node}",
                "Or $SLURM_GPUS_ON_NODE, which follows the request.",
            )


@rule("literal-workers", "warning")
def literal_workers(job: Job) -> Iterator[Found]:
    """A number of workers or threads that does not follow the cores of the job."""
    advice = "Count from the allocation, not from the machine that you wrote it on."
    for command in job.script.commands:
        found = [
            f"{name}={option(command.words, name)}"
            for name in _WORKER_OPTIONS
            if _number(option(command.words, name)) > 1
        ]
        found += [
            f"{name}={value}"
            for name, value in command.assigned.items()
            if name in _WORKER_NAMES and _number(value) > 1
        ]
        for spelled in found:
            yield (
                command.line,
                f"{spelled} is a fixed number",
                f"{spelled.partition('=')[0]}=$SLURM_CPUS_PER_TASK",
                advice,
            )


def _number(value: str) -> int:
    """A literal number; 0 for a variable, a word, or nothing."""
    return int(value[:9]) if value.isdecimal() else 0


@rule("gpu-unused", "warning")
def gpu_unused(job: Job) -> Iterator[Found]:
    """A GPU held by a job that runs nothing on it."""
    names = {c.name for c in job.script.commands if c.name}
    if job.gpus and names <= _IDLE:
        said = f"only {', '.join(sorted(names)[:3])}" if names else "nothing"
        yield (
            job.gpus[0].directive.line,
            f"the job holds a GPU and runs {said}",
            "a job that uses it",
            "The project pays for it.",
        )
