"""Rules about the software that a script loads, and where it leaves its caches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.jobscript.command import Command
from grader.jobscript.command_rules import launcher
from grader.jobscript.rules import Found, Job, rule

_CONTAINER = ("apptainer", "singularity")
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
_CACHES_WORDS = """
HF_HOME HF_HUB_CACHE HF_DATASETS_CACHE TRANSFORMERS_CACHE TORCH_HOME XDG_CACHE_HOME PIP_CACHE_DIR TRITON_CACHE_DIR
TORCHINDUCTOR_CACHE_DIR APPTAINER_CACHEDIR SINGULARITY_CACHEDIR MIOPEN_USER_DB_PATH KERAS_HOME
"""
_CACHES = frozenset(_CACHES_WORDS.split())
_MODELS = ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME")
_HOME = re.compile(r"(~|\$HOME\b|\$\{HOME\}|/home/|/cephyr/users/)")


def python(command: Command) -> tuple[str, list[str]] | None:
    """The interpreter of a command as written, and the words behind it; None where there is none."""
    for at, word in enumerate(command.chain):
        if _PYTHON.fullmatch(word):
            return word, command.chain[at + 1 :]
    return None


def _modules(job: Job) -> Iterator[tuple[Command, str]]:
    """Every module that is loaded, with its command."""
    for command in job.script.commands:
        words = command.words[1:]
        loads = command.name == "module" and words[:1] in (["load"], ["add"])
        short = command.name == "ml" and words[:1] not in (["purge"], ["list"], ["avail"], ["spider"], ["unload"])
        for word in words[1:] if loads else words if short else ():
            if not word.startswith("-") and word not in ("load", "add"):
                yield command, word


def _containers(job: Job) -> list[tuple[Command, list[str]]]:
    """Commands that run something in a container, with the words behind apptainer."""
    found = [(c, c.after(*_CONTAINER)) for c in job.script.commands]
    return [(c, w) for c, w in found if w and {"exec", "run", "shell"} & set(w[:4])]


def _runs_python(job: Job) -> Command | None:
    return next((c for c in job.script.commands if python(c) or launcher(c) is not None), None)


@rule("module-purge", "warning")
def module_purge(job: Job) -> Iterator[Found]:
    """Sbatch hands on the modules of the shell that submits."""
    purged = [c.line for c in job.script.commands if c.name in ("module", "ml") and c.words[1:2] == ["purge"]]
    first = next((c for c, _ in _modules(job)), None)
    if first and not any(line <= first.line for line in purged):
        advice = "Otherwise what your shell had loaded comes along."
        yield first.line, "modules are loaded on top of those of your shell", "module purge before it", advice


@rule("module-version", "warning")
def module_version(job: Job) -> Iterator[Found]:
    """A default version changes under the script."""
    known = {word for line in job.site.software.setup for word in line.split()}
    for command, name in _modules(job):
        if not re.search(r"/v?\d", name) and name not in known and "$" not in name:
            yield (
                command.line,
                f"{name} is loaded without a version",
                f"{name}/VERSION",
                "The default changes without notice.",
            )


@rule("module-architecture", "warning")
def module_architecture(job: Job) -> Iterator[Found]:
    """Where nodes with GPUs have another processor than the login nodes, their modules have a prefix."""
    words = [w for line in job.site.software.setup if line.startswith("module load") for w in line.split()[2:]]
    prefixes = {word.partition("/")[0] for word in words}
    prefix = prefixes.pop() if len(prefixes) == 1 and job.site.cpu.login != job.site.cpu.gpu_nodes else ""
    for command, name in _modules(job):
        if prefix and not name.startswith(f"{prefix}/"):
            found = f"{name} is built for {job.site.cpu.login}"
            yield command.line, found, f"a module of {prefix}/", f"GPU nodes are {job.site.cpu.gpu_nodes}."


@rule("environment", "warning")
def environment(job: Job) -> Iterator[Found]:
    """Python without a module, a container or an environment: the system's, without PyTorch."""
    first = _runs_python(job)
    own = first and (interpreter := python(first)) and re.search(r"[/$]", interpreter[0])
    sets_up = any(
        c.name in ("source", ".", "conda", "mamba", "micromamba", "uv", "pixi", "eval") or "PATH" in c.assigned
        for c in job.script.commands
    )
    if first and not own and not sets_up and not _containers(job) and not any(_modules(job)):
        setup = job.site.software.setup[-1:] or ("module load NAME/VERSION",)
        yield first.line, "Python runs without a module, a container or an environment", setup[0], ""


@rule("container-gpu", "error")
def container_gpu(job: Job) -> Iterator[Found]:
    """A container sees no GPU unless it is told to."""
    flags = {"--rocm" if name.startswith("MI") else "--nv" for name in job.site.gpus.names.values()} or {"--nv"}
    flag = min(flags)
    everywhere = {name for c in job.script.commands for name in c.assigned}
    for command, words in _containers(job):
        set_before = everywhere & {f"{p}_{f[2:].upper()}" for p in ("APPTAINER", "SINGULARITY") for f in flags}
        shown = flags & {word.replace("--nvccli", "--nv") for word in words}
        if not shown and not set_before and (job.gpus or not job.site.gpus.form):
            tool = next(w for w in command.chain if w.rsplit("/", 1)[-1] in _CONTAINER)
            yield (
                command.line,
                f"the container runs without {flag}",
                f"{tool} exec {flag} IMAGE ...",
                "It would see no GPU.",
            )


@rule("unbuffered", "warning")
def unbuffered(job: Job) -> Iterator[Found]:
    """Python keeps what it prints to a file until 8 KiB are full; a killed job's last lines are lost."""
    if any("PYTHONUNBUFFERED" in c.assigned for c in job.script.commands):
        return
    work = [c for c in job.script.commands if python(c) or launcher(c) is not None][-1:]
    runs = [(c, found[1]) for c in job.script.commands if (found := python(c)) and launcher(c) is None]
    for command, words in runs:
        flags = next((words[:n] for n, word in enumerate(words) if not word.startswith("-") or word == "-m"), words)
        short = not words or any(re.fullmatch(r"-[A-Za-z]*[cVh]|--version|-", flag) for flag in flags)
        helps = words[len(flags) : len(flags) + 1] == ["-m"] and command not in work  # a check before the work
        if not short and not helps and not any(re.fullmatch(r"-[A-Za-z]*u[A-Za-z]*", f) for f in flags):
            yield command.line, "Python keeps its output back", "python -u", "Or export PYTHONUNBUFFERED=1."


@rule("cache-home", "warning")
def cache_home(job: Job) -> Iterator[Found]:
    """Caches below the home directory, whose quota is small."""
    for command in job.script.commands:
        for name, value in command.assigned.items():
            if name in _CACHES and _HOME.match(value):
                quota = (
                    f"Home has {job.site.storage.home_gb} GB." if job.site.storage.home_gb else "Its quota is small."
                )
                yield command.line, f"{name} is below the home directory", f"{job.site.storage.project}/caches", quota


@rule("cache-unset", "warning")
def cache_unset(job: Job) -> Iterator[Found]:
    """Models that a job loads by name land in the home directory unless HF_HOME says otherwise."""
    first = _runs_python(job)
    if first and job.wants_gpu and not any(set(_MODELS) & set(c.assigned) for c in job.script.commands):
        expected = f"export HF_HOME={job.site.storage.project}/caches"
        yield (
            first.line,
            "caches of models go to the home directory",
            expected,
            "Its quota is small; TORCH_HOME likewise.",
        )


@rule("goes-on", "warning")
def goes_on(job: Job) -> Iterator[Found]:
    """Bash goes on after a command that failed, a module that does not exist among them."""
    stops = any(
        c.name == "set" and any(re.fullmatch(r"-[a-z]*e[a-z]*|errexit", w) for w in c.words[1:])
        for c in job.script.commands
    )
    first = next((c for c, _ in _modules(job)), None)
    if first and not stops and not re.search(r"\s-\w*e", job.script.shebang):
        yield first.line, "a module that does not load does not stop the script", "set -euo pipefail at its top", ""
