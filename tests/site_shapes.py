"""A private Slurm of the shape of a site: what its profile says, and no more."""

import re
from dataclasses import replace

from grader import allocation, sites
from grader.sites import Site
from tests.private_slurm.shape import Nodes, Partition, Rules, Shape

DEFAULT = "batch"
"""The partition of jobs that name none."""


def shape(site: Site) -> Shape:
    """Two nodes of each GPU type, and of those for the head of a batch; the site's partitions and limits."""
    words = dict(option.split(maxsplit=1) for option in site.head.options)
    head = words.get("-p", DEFAULT)
    partitions = {head: [Nodes("cpu", gpu=words.get("-C", ""))]}
    for kind, count in site.gpus.per_node.items():
        partition = site.gpus.partitions.get(kind, site.slurm.partition) or DEFAULT
        partitions.setdefault(partition, []).append(_gpu_nodes(site, kind, count))
    return Shape(
        nodes=tuple(nodes for group in partitions.values() for nodes in group),
        partitions=tuple(
            Partition(
                name,
                nodes=tuple(nodes.name for nodes in group),
                max_time=f"{site.slurm.hours}:00:00",
                needs_gpu=name != head and bool(site.gpus.form),
            )
            for name, group in partitions.items()
        ),
        rules=Rules(account=f"{site.account.pattern}|{project(site.head.account)}"),
        max_array_size=site.slurm.array,
    )


def _gpu_nodes(site: Site, kind: str, count: int) -> Nodes:
    name = kind or allocation.gpu_name(site, kind) or "standin"
    cores = site.gpus.cores.get(kind, 4) * count
    made = Nodes(name.lower(), cores=cores, memory_mb=max(1000 * cores, 64_000))
    return replace(made, gpu=name, gpus=count) if site.gpus.form else made


def project(placeholder: str) -> str:
    """A project such as the placeholder stands for: naissYYYY-X-NNN-gpu becomes naiss2026-23-23-gpu."""
    return re.sub(r"(?<=-)(X|N+|rr|nnn)\b", "23", re.sub("[yY]{4}", "2026", placeholder))


def filled(text: str, site: Site, storage: str) -> str:
    """A generated script as somebody with a project would submit it."""
    for placeholder in {site.account.placeholder, site.head.account}:
        text = text.replace(placeholder, project(placeholder))
    text = text.replace(f"export STORAGE={site.storage.project}\n", f"export STORAGE={storage}\n")
    assert sites.PROJECT not in re.sub(r"^#.*", "", text, flags=re.MULTILINE)
    return text
