"""The tables of a site's profile, jobscripts/sites/NAME.toml, and what makes a profile contradict itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader import gpus


@dataclass(frozen=True)
class Account:
    """The project that a job is charged to."""

    form: str
    """Shown to people."""
    pattern: str
    """Regular expression for all of it."""
    placeholder: str
    """Stands in generated scripts; does not fit the pattern."""


@dataclass(frozen=True)
class Slurm:
    """Limits of the scheduler. An empty partition is not given."""

    partition: str
    hours: int
    """The longest time limit."""
    array: int
    """MaxArraySize: the largest index is one less."""
    poll_s: float = 30.0
    """Seconds between two looks at the queue, for the scheduler's sake."""
    default_partition: bool = False
    """Whether a job without -p gets there all the same."""


@dataclass(frozen=True)
class Several:
    """What differs for jobs of several nodes; empty where nothing does."""

    type: str = ""
    form: str = ""


@dataclass(frozen=True)
class Gpus:
    """How GPUs are asked for. Where a request names no type, the only key of the tables is ""."""

    form: str
    """The option, for example `--gpus-per-node={type}:{count}`: count per node, total of all nodes. Empty: none."""
    types: tuple[str, ...]
    default: str
    per_node: Mapping[str, int]
    cores: Mapping[str, int]
    """CPU cores for each GPU; absent where unknown."""
    cores_requested: bool
    """Whether a job asks for its cores; otherwise they follow the GPUs."""
    cost: Mapping[str, float]
    unit: str
    names: Mapping[str, str]
    """Row of gpus.csv, by type."""
    constraint: str = ""
    partitions: Mapping[str, str] = field(default_factory=dict)
    whole_nodes: bool = False
    node_memory_gb: Mapping[str, list[int]] = field(default_factory=dict)
    """Memory sizes of the nodes with a type of GPU, for -C MEM...; empty where they are not chosen."""
    several_nodes: Several = Several()


@dataclass(frozen=True)
class Cpu:
    """Architectures, as `platform.machine` names them."""

    login: str
    gpu_nodes: str


@dataclass(frozen=True)
class Software:
    """What a job does before it starts Python."""

    setup: tuple[str, ...]
    venv: str = "$STORAGE/exercises-venv"
    """The environment with the exercises' packages, made inside a job; $EXERCISES_VENV names another."""
    container: str = ""
    """The command that runs another one in the container, with the option that shows it the GPUs."""
    vllm: str = ""
    """Image of vLLM, where the site has one."""

    @property
    def python(self) -> str:
        """Python on a node, after the lines of `Site.environment`. A container does not get the host's PATH."""
        return "$CONTAINER $EXERCISES_VENV/bin/python" if self.container else "python"


@dataclass(frozen=True)
class Storage:
    """Where files go: node-local and gone with the job, or the project's."""

    scratch: str
    project: str
    home_gb: int | None = None
    models: str = ""


@dataclass(frozen=True)
class Head:
    """A small job without a GPU, from which a batch is submitted."""

    account: str
    options: tuple[str, ...]
    setup: tuple[str, ...]
    venv: str = ""


@dataclass(frozen=True)
class StandIn:
    """What stands for GPUs where there are none."""

    count: str
    """Environment variable in which Slurm lists what it granted, separated by commas."""


def tables(data: dict[str, Any]) -> dict[str, Any]:
    """The tables of a valid profile, by name; `stand_in` is None on a site with GPUs."""
    parts = {"account": Account, "slurm": Slurm, "cpu": Cpu, "software": Software, "storage": Storage, "head": Head}
    found: dict[str, Any] = {key: made(**_frozen(data[key])) for key, made in parts.items()}
    several = Several(**data["gpus"].get("several_nodes", {}))
    found["gpus"] = Gpus(**_frozen(data["gpus"]) | {"several_nodes": several})
    found["stand_in"] = StandIn(**data["stand_in"]) if "stand_in" in data else None
    return found


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def contradictions(data: dict[str, Any]) -> Iterator[str]:
    """What the schema cannot say."""
    account, cards = data["account"], data["gpus"]
    types = cards["types"] or [""]
    try:
        if any(re.fullmatch(account["pattern"], left) for left in (account["placeholder"], data["head"]["account"])):
            yield f"account.pattern fits a placeholder, so a script could keep it; expected {account['form']}'s numbers"
    except re.error as error:
        yield f"account.pattern is {account['pattern']!r}, expected a regular expression ({error})"
    for key in ("per_node", "cores", "cost", "names", "partitions"):
        for unknown in sorted(set(cards.get(key, {})) - set(types)):
            yield f"gpus.{key} has {unknown!r}, expected one of {', '.join(map(repr, types))}"
    for missing in sorted(set(types) - set(cards["per_node"])):
        yield f"gpus.per_node lacks {missing!r}"
    for key, value in (
        ("default", cards["default"]),
        ("several_nodes.type", cards.get("several_nodes", {}).get("type")),
    ):
        if value is not None and value not in types:
            yield f"gpus.{key} is {value!r}, expected one of {', '.join(map(repr, types))}"
    rows = {gpu.name for gpu in gpus.table()}
    yield from (
        f"gpus.names has {row!r}, which is no row of gpus.csv" for row in cards["names"].values() if row not in rows
    )
    yield from (
        f"unconfirmed has {key!r}, which is not in the profile" for key in data["unconfirmed"] if not _has(data, key)
    )


def _has(data: Any, key: str) -> bool:
    first, _, rest = key.partition(".")
    return isinstance(data, dict) and first in data and (not rest or _has(data[first], rest))
