"""What a private Slurm looks like: its nodes, partitions, rules and limits. A site's profile can be turned into one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nodes:
    """`count` equal nodes, called `name`-1, `name`-2 and so on."""

    name: str
    count: int = 2
    gpu: str = ""  # the type in --gpus-per-node=TYPE:N; Slurm tells A100 from a100
    gpus: int = 0  # per node
    cores: int = 16  # may be more than this machine has, and so may the memory
    memory_mb: int = 64_000

    def names(self) -> list[str]:
        return [f"{self.name}-{k}" for k in range(1, self.count + 1)]


@dataclass(frozen=True)
class Partition:
    """Jobs of a preemptable partition give way to those of the others and are queued again."""

    name: str
    nodes: tuple[str, ...] = ()  # names of `Nodes`; none: all of them
    max_time: str = "7-00:00:00"
    preemptable: bool = False
    needs_gpu: bool = True  # with rules only


@dataclass(frozen=True)
class Rules:
    """What the site refuses beyond Slurm's own checks, by a job_submit.lua."""

    account: str | None = r"(?i)naiss\d{4}-\d+-\d+"  # what -A must match; None: any account, or no -A
    needs_time: bool = True  # -t must be given


@dataclass(frozen=True)
class Accounting:
    """A database of accounts and of the jobs that ran, at the price of some seconds to start."""

    accounts: tuple[str, ...] = ("naiss2024-1-23",)  # Slurm refuses others; the user may use all of them
    max_submit_jobs: int | None = None  # per user and account, waiting and running; an array counts its tasks


@dataclass(frozen=True)
class Shape:
    """All of it; the default is a small cluster with two kinds of GPU and a NAISS site's rules."""

    nodes: tuple[Nodes, ...] = (Nodes("a100", gpu="A100", gpus=4), Nodes("t4", gpu="T4", gpus=4))
    # The first is the default.
    partitions: tuple[Partition, ...] = (Partition("gpu"), Partition("spare", preemptable=True))
    rules: Rules | None = Rules()
    max_array_size: int = 1001  # the largest index is one less
    accounting: Accounting | None = None

    def node_names(self) -> list[str]:
        return [name for nodes in self.nodes for name in nodes.names()]
