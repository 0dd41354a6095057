"""Job scripts for every site, made from its profile: one file per kind of job, jobscripts/SITE/KIND.sh.

    python -m grader.jobscripts            writes them
    python -m grader.jobscripts --check    says which ones are not what the profiles and templates make

An author's tool: it needs jinja2. What users start is the scripts.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import catalog, sites
from grader.errors import UsageError
from grader.sites import Request, Site, duration

FOLDER = catalog.ROOT / "jobscripts"
MADE = "Made from jobscripts/sites/"
"""A line of every script that was made begins with it."""
MOST_GPUS = 4
"""In a node; enough to see how training scales, and not a whole node of ten."""


@dataclass(frozen=True)
class Kind:
    """A kind of job."""

    name: str
    text: str
    minutes: int
    gpus: int = 1
    """Per node, or as many as a node has."""
    nodes: int = 1
    arguments: str = ""
    array: str = ""
    trains: bool = False
    """Whether it starts a program that loads data."""


KINDS = (
    Kind("self_check", "the checks of an assignment on one GPU", 15, arguments=" 03"),
    Kind("one_gpu", "one GPU", 10, arguments=" [PROGRAM ARGUMENTS]", trains=True),
    Kind("several_gpus", "several GPUs of one node", 10, MOST_GPUS, arguments=" [PROGRAM ARGUMENTS]", trains=True),
    Kind("two_nodes", "the GPUs of two nodes", 10, MOST_GPUS, 2, " [PROGRAM ARGUMENTS]", trains=True),
    Kind("array", "one GPU for each of 16 seeds, at most 4 at a time", 10, array="0-15%4", trains=True),
    Kind("jupyter", "JupyterLab on one GPU", 30),
    Kind("batch_grading", "the head of a batch, without a GPU", 120, 0, arguments=" SUBMISSIONS [RESULTS]"),
    Kind("vllm", "a language model on two GPUs, served by vLLM", 30, 2, arguments=" SNAPSHOT"),
)


def scripts(site: Site) -> Iterator[tuple[str, str]]:
    """(file name, text) of each script of a site. Raises UsageError when jinja2 is not installed."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
    except ModuleNotFoundError:
        raise UsageError("making job scripts needs jinja2: pip install -e '.[batch]'") from None
    engine = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(),  # of HTML only
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = engine.get_template("job.sh")
    for kind in KINDS:
        if kind.name != "vllm" or site.software.vllm:
            facts = _head(site, kind) if not kind.gpus else _job(site, kind)
            yield f"{kind.name}.sh", template.render(site=site, kind=kind, notes=list(_notes(site)), **facts)


def request(site: Site, kind: Kind) -> Request:
    """The job of this kind on this site."""
    first = Request(kind.minutes, 1, kind.nodes, name=kind.name, array=kind.array)
    chosen = site.gpus.several_nodes.type if kind.name == "vllm" else site.gpu_type(first)
    most = site.gpus.per_node[chosen]
    gpus = most if site.gpus.whole_nodes and kind.gpus > 1 else min(kind.gpus, most)
    return Request(kind.minutes, gpus, kind.nodes, type=chosen, name=kind.name, array=kind.array)


def _job(site: Site, kind: Kind) -> dict[str, object]:
    wanted = request(site, kind)
    return {
        "request": wanted,
        "directives": site.directives(wanted),
        "environment": site.environment(),
        "python": site.software.python,
        "gpus": ":".join(filter(None, [wanted.type, str(wanted.gpus)])),
        # All cores of the job for the one process of a node, whether they were asked for or follow the GPUs.
        "everywhere": "srun --ntasks-per-node=1 --cpu-bind=none " if kind.nodes > 1 else "",
    }


def _head(site: Site, kind: Kind) -> dict[str, object]:
    options = [
        f"-A {site.head.account}",
        *site.head.options,
        f"-t {duration(min(kind.minutes, 60 * site.slurm.hours))}",
    ]
    return {
        "request": None,
        "directives": [*options, f"-J {kind.name}", f"-o {kind.name}-%j.out"],
        "environment": site.head_environment(),
        "python": "python",
        "everywhere": "",
    }


def _notes(site: Site) -> Iterator[str]:
    yield f"{MADE}{site.name}.toml by `python -m grader.jobscripts`."
    yield f"Replace {site.account.placeholder} by your project" + (
        f", {sites.PROJECT} by its directory." if sites.PROJECT in site.storage.project else "."
    )
    if site.note:
        yield site.note
    if site.unconfirmed:
        yield "Nobody has confirmed these facts of the profile:"
        yield from textwrap.wrap(", ".join(site.unconfirmed) + ".", 110, initial_indent="  ", subsequent_indent="  ")


def main(arguments: Sequence[str] = ()) -> int:
    """Write all scripts, or with `--check` only name those that differ. Returns 1 when some differ."""
    made = {FOLDER / name / file: text for name in sites.names() for file, text in scripts(sites.load(name))}
    others = [path for path in FOLDER.glob("*/*.sh") if path not in made]
    stale = [path for path in others if MADE in path.read_text("utf-8", "replace")]  # somebody's own script stays
    changed = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in sorted(changed + stale):
            print(f"{path.relative_to(catalog.ROOT)} is not what its profile makes: python -m grader.jobscripts")
        return int(bool(changed + stale))
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made[path], "utf-8")
    for path in stale:
        path.unlink()
    print(f"{len(made)} scripts, {len(changed)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
