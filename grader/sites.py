"""Sites: the clusters that jobs run on, as jobscripts/sites/NAME.toml describes them.

Each fact is turned into Slurm's words here and nowhere else: for generated scripts, for the checker of a student's
script, for the batch. A fact that nobody confirmed is listed in `unconfirmed`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import catalog, profile, schema
from grader.errors import UsageError
from grader.profile import Account, Cpu, Gpus, Head, Slurm, Software, StandIn, Storage

FOLDER = catalog.ROOT / "jobscripts" / "sites"
PROJECT = "PROJECT"
"""Stands for the directory of a project in `storage.project`."""
SHORT = {
    "account": "-A",
    "partition": "-p",
    "constraint": "-C",
    "nodes": "-N",
    "ntasks": "-n",
    "cpus-per-task": "-c",
    "time": "-t",
    "job-name": "-J",
    "output": "-o",
}
"""Options that people know by their short name."""
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
SHARED_CACHES = {
    "HF_HOME": "huggingface",
    "TORCH_HOME": "torch",
    "KERAS_HOME": "keras",
    "APPTAINER_CACHEDIR": "apptainer",
    "SINGULARITY_CACHEDIR": "apptainer",
}
LOCAL_CACHES = {"TRITON_CACHE_DIR": "triton", "TORCHINDUCTOR_CACHE_DIR": "inductor", "MIOPEN_USER_DB_PATH": "miopen"}


@dataclass(frozen=True)
class Request:
    """What a job needs, whatever the site. GPUs are per node; an empty type is the site's default."""

    minutes: int
    gpus: int
    nodes: int = 1
    tasks_per_node: int = 1
    type: str = ""
    account: str = ""
    name: str = ""
    array: str = ""
    """As Slurm writes it, for example `0-15%4`."""


@dataclass(frozen=True)
class Site:
    """One cluster."""

    name: str
    title: str
    login: str
    hosts: tuple[str, ...]
    """Patterns of the names of its login nodes, as `hostname` says them, by which it is recognised."""
    note: str
    unconfirmed: tuple[str, ...]
    account: Account
    slurm: Slurm
    gpus: Gpus
    cpu: Cpu
    software: Software
    storage: Storage
    head: Head
    stand_in: StandIn | None

    def gpu_type(self, job: Request) -> str:
        """The type that a job gets, as its request spells it; empty where requests name none."""
        return job.type or (self.gpus.several_nodes.type if job.nodes > 1 else "") or self.gpus.default

    def options(self, job: Request) -> dict[str, str]:
        """The options of sbatch, by their long names.

        Raises UsageError when the site has no such GPUs, or not as many in a node, or not for so long.
        """
        kind, cards = self.gpu_type(job), self.gpus
        if problems := list(self._refusals(job, kind)):
            raise UsageError(f"{self.title} has no such job: {problems[0]}")
        found = {"account": job.account or self.account.placeholder}
        if partition := cards.partitions.get(kind, self.slurm.partition):
            found["partition"] = partition
        if job.nodes > 1 or job.gpus > 1 or cards.whole_nodes:
            found["nodes"] = str(job.nodes)
        if job.nodes > 1 or cards.whole_nodes:
            found["ntasks-per-node"] = str(job.tasks_per_node)
        elif job.tasks_per_node > 1 or cards.cores_requested:
            found["ntasks"] = str(job.tasks_per_node)
        if cards.cores_requested:
            found["cpus-per-task"] = str(max(cards.cores[kind] * job.gpus // job.tasks_per_node, 1))
        if form := (cards.several_nodes.form if job.nodes > 1 else "") or cards.form:
            option, _, value = form.format(type=kind, count=job.gpus, total=job.gpus * job.nodes).partition("=")
            found[option.removeprefix("--")] = value
        if cards.constraint:
            found["constraint"] = cards.constraint.format(type=kind)
        found["time"] = duration(job.minutes)
        if job.name:
            found |= {"job-name": job.name, "output": f"{job.name}-{'%A_%a' if job.array else '%j'}.out"}
        return found | ({"array": job.array} if job.array else {})

    def directives(self, job: Request) -> list[str]:
        """The same as words of a script, without `#SBATCH`, in an order that people read: `-A ...`, `-p ...`."""
        return [f"{SHORT[k]} {v}" if k in SHORT else f"--{k}={v}" for k, v in self.options(job).items()]

    def submitit_parameters(self, job: Request) -> dict[str, Any]:
        """The same for `submitit.SlurmExecutor(folder, python=site.software.python).update_parameters`.

        GPUs are no parameter of submitit's own, which takes whole numbers per node only. An array is submitit's
        (`map_array`), and its limit the caller's (`array_parallelism`).
        """
        given = self.options(job)
        own = {"time", "nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "job-name", "output", "array"}
        found: dict[str, Any] = {
            "time": job.minutes,
            "nodes": job.nodes,
            "ntasks_per_node": job.tasks_per_node,
            "job_name": job.name or "submitit",
            "additional_parameters": {option: value for option, value in given.items() if option not in own},
            "setup": self.environment(),
            # The step gets all cores of the job on its node, whether the job asked for them or they followed the GPUs.
            "srun_args": ["--cpu-bind=none"],
        }
        return found | ({"cpus_per_task": int(given["cpus-per-task"])} if self.gpus.cores_requested else {})

    def environment(self) -> list[str]:
        """Lines of bash that prepare a node: modules, the Python environment, caches off the home, no downloads."""
        venv = [f'export EXERCISES_VENV="${{EXERCISES_VENV:-{self.software.venv}}}"']
        container = f'export CONTAINER="{self.software.container}"'
        venv += [container if self.software.container else 'source "$EXERCISES_VENV/bin/activate"']
        scratch = self.storage.scratch
        caches = ["# Models and images: not in the home, which is small."]
        caches += [f'export {name}="$STORAGE/caches/{folder}"' for name, folder in SHARED_CACHES.items()]
        caches += ["# Compiled kernels, many small files: on the node's own disk, gone with the job."]
        caches += [f'export {name}="{scratch}/{folder}.$SLURM_JOB_ID"' for name, folder in LOCAL_CACHES.items()]
        offline = "export " + " ".join(f"{name}=1" for name in OFFLINE)
        return [
            f"export STORAGE={self.storage.project}",
            *self.software.setup,
            *venv,
            *caches,
            "# Nodes have no internet.",
            offline,
        ]

    def head_environment(self) -> list[str]:
        """The same for the job from which a batch is submitted, which may run on other nodes than its jobs."""
        venv = self.head.venv or f"${{EXERCISES_VENV:-{self.software.venv}}}"
        return [f"export STORAGE={self.storage.project}", *self.head.setup, f'source "{venv}/bin/activate"']

    def _refusals(self, job: Request, kind: str) -> Iterator[str]:
        most = self.gpus.per_node.get(kind)
        if most is None:
            known = ", ".join(self.gpus.types) or "none: leave the type out"
            yield f"a GPU of type '{kind}' was asked for, its types are {known}"
        elif not 1 <= job.gpus <= most:
            yield f"{job.gpus} GPUs in a node were asked for, expected 1 to {most}"
        if not 1 <= job.minutes <= 60 * self.slurm.hours:
            yield f"{job.minutes} minutes were asked for, expected 1 to {60 * self.slurm.hours}"


def duration(minutes: int) -> str:
    """Minutes as Slurm reads them without a doubt: hours:minutes:seconds."""
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def names(folder: Path = FOLDER) -> list[str]:
    """All profiles: the first one that a new course would take, then by name."""
    found = sorted(path.stem for path in folder.glob("*.toml"))
    return sorted(found, key=lambda name: (name == "local", name != "arrhenius", name))


def load(name: str, folder: Path = FOLDER) -> Site:
    """Read a profile. Raises UsageError when there is none of that name, or it is broken."""
    path = folder / f"{name}.toml"
    if name not in (known := names(folder)):
        raise UsageError(f"there is no site '{name}'; expected one of {', '.join(known)} (jobscripts/sites)")
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}") from None
    if found := schema.problems(data, "site") or list(profile.contradictions(data)):
        raise UsageError(f"{path.name}: {found[0]}" + (f" (and {len(found) - 1} more)" if found[1:] else ""))
    texts = {key: data.get(key, "") for key in ("title", "login", "note")}
    hosts, unconfirmed = (tuple(data.get(key, ())) for key in ("hosts", "unconfirmed"))
    return Site(name=name, hosts=hosts, unconfirmed=unconfirmed, **texts, **profile.tables(data))
