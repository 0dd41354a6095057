"""`grader doctor --site NAME --gpus [TYPE:]N`: did this job get the GPUs that it asked for, and do they work?

The first command of every generated job script, so that a job without its GPU ends in its first seconds, not after a
night on the CPU. Imports the framework in this process, and nothing else that a site's container lacks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from grader import gpus, machine, sites
from grader.errors import UsageError
from grader.sites import Site

TOLERANCE = 0.15
"""Devices report their memory in full, tables print it rounded: "40 GB" is 42.4e9 bytes, "96 GB" is 102.6e9."""


class Refuted(Exception):
    """The job has not got what it asked for; the text is one line."""


class Device(NamedTuple):
    """A GPU as the framework sees it; `memory` in bytes, 0 when it does not say."""

    name: str
    memory: int = 0


class Wanted(NamedTuple):
    """What a job asked for on one node."""

    type: str
    number: int


def check(name: str, request: str = "1") -> str:
    """One line that says what is there. `request` is TYPE:N or N, as in the GPU request of a script.

    Raises Refuted when there are fewer here, others, or useless ones; UsageError when the site has no such GPUs.
    """
    site = sites.load(name)
    wanted = parse(site, request)
    if site.stand_in:
        return _stand_ins(site, wanted)
    framework, devices = _devices()
    if problem := refute(site, wanted, devices):
        raise Refuted(f"{problem}; the script's GPU request, or the {framework} build, is wrong")
    return f"{len(devices)} GPU{'s' * (len(devices) > 1)}, {devices[0].name}; {framework} can use it"


def finding(name: str, request: str) -> tuple[str, str]:
    """`ok` or `bad`, and `check` in a line. Raises UsageError as it does."""
    try:
        return "ok", check(name, request)
    except Refuted as error:
        return "bad", str(error)


def parse(site: Site, request: str) -> Wanted:
    """`A100:4` or `4` as a type and a number; the site's default type where none is named."""
    kind, _, count = request.rpartition(":")
    kind = kind or site.gpus.default
    if not count.isdecimal() or not int(count):
        raise UsageError(f"--gpus is '{request}', expected a number from 1, or TYPE:NUMBER")
    if kind not in site.gpus.per_node:
        raise UsageError(
            f"--gpus is '{request}', but types of {site.name} are {', '.join(site.gpus.types) or 'not named'}"
        )
    return Wanted(kind, int(count))


def refute(site: Site, wanted: Wanted, devices: Sequence[Device]) -> str:
    """Why these devices are not what was asked for; empty when they are. More than asked for is fine: whole nodes."""
    found = _counted([device.name for device in devices])
    label = f"{wanted.number} {wanted.type or gpu_name(site, wanted.type) or 'GPU'}"
    if len(devices) < wanted.number:
        return f"expected {label}, found {found or 'no GPU'}"
    row = next((gpu for gpu in gpus.table() if gpu.name == site.gpus.names.get(wanted.type)), None)
    if row is None:
        return ""
    others = [d for d in devices if not re.search(rf"\b{re.escape(row.short_name)}\b", d.name, re.IGNORECASE)]
    if others:
        return f"expected {label}, found {found}"
    wrong = [d for d in devices if d.memory and row.memory_gb and _differs(d.memory, row.memory_gb)]
    if wrong and _has_twin(site, row):
        return f"expected {label} with {row.memory_gb:g} GB, found {wrong[0].name} with {wrong[0].memory / 1e9:.0f} GB"
    return ""


def gpu_name(site: Site, kind: str) -> str:
    """What people call this type, for example A100; empty when gpus.csv has no row for it."""
    return next((gpu.short_name for gpu in gpus.table() if gpu.name == site.gpus.names.get(kind)), "")


def _has_twin(site: Site, row: gpus.Gpu) -> bool:
    """Whether another type of the site has the same name, so that only the memory tells them apart."""
    named = {gpu.name for gpu in gpus.table() if gpu.short_name == row.short_name}
    return sum(name in named for name in site.gpus.names.values()) > 1


def _differs(memory: int, gigabytes: float) -> bool:
    return abs(memory / 1e9 - gigabytes) > TOLERANCE * gigabytes


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))


def _stand_ins(site: Site, wanted: Wanted) -> str:
    assert site.stand_in
    granted = [word for word in os.environ.get(site.stand_in.count, "").split(",") if word.strip().isdecimal()]
    if len(granted) < wanted.number:
        raise Refuted(
            f"expected {wanted.number} stand-ins for GPUs, found {len(granted)} in {site.stand_in.count}; "
            "submit this with sbatch, and ask for GPUs in it"
        )
    return f"{len(granted)} stand-in{'s' * (len(granted) > 1)} for GPUs: this site has none, the CPU does their work"


def _devices() -> tuple[str, list[Device]]:
    """The framework that is here, and the GPUs that it has computed on. Raises Refuted: there is no framework."""
    if version := machine.version("torch"):
        return f"torch {version}", _by_torch()
    if version := machine.version("tensorflow"):
        return f"tensorflow {version}", _by_tensorflow()
    raise Refuted(
        "neither torch nor tensorflow is installed in this environment; load the module, or use the container"
    )


def _by_torch() -> list[Device]:
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        try:
            ones = torch.ones(64, 64, device=f"cuda:{index}")
            right = bool((ones @ ones == 64).all())
        except RuntimeError as error:  # built for other GPUs, or taken by somebody else
            raise Refuted(
                f"torch {torch.__version__} cannot use the {facts.name}: {str(error).splitlines()[0]}"
            ) from None
        if not right:
            raise Refuted(f"torch {torch.__version__} gets wrong numbers from the {facts.name}: report the node")
        found.append(Device(facts.name, facts.total_memory))
    return found


def _by_tensorflow() -> list[Device]:
    import tensorflow as tf

    listed = tf.config.list_physical_devices("GPU")
    return [Device(tf.config.experimental.get_device_details(device).get("device_name", "")) for device in listed]
