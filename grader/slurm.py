"""Slurm as the grader uses it: submit through submitit, one squeue for all jobs, cancel; refusals in plain words.

No accounting database is needed: what became of a job is read from files and from squeue. Nothing here calls sacct,
so submitit's `Job.done()`, `state` and `result()` are not for use.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.catalog import ROOT
from grader.errors import UsageError
from grader.sites import PROJECT

if TYPE_CHECKING:
    import submitit

    from grader.sites import Request, Site

LIB = "lib"
"""Folder beside the jobs with what a job needs and a site's own software may lack: submitit, which is pure Python."""
SQUEUE_S = 60.0
"""Seconds that squeue and scancel may take."""
ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
}
ENDED |= {"TIMEOUT"}
"""States of a job, or of a task of an array, that Slurm will not start again by itself."""


class Unreachable(UsageError):
    """Slurm's controller does not answer. What it has accepted goes on: wait, and ask again."""


class NoCluster(Unreachable):
    """Slurm's commands do not know of any controller: here is none, or one that gives them their settings is down."""


@dataclass(frozen=True)
class Task:
    """One job, or one task of an array, as squeue shows it."""

    name: str
    job: str
    """Number of the job, for a task the one of its array: what scancel takes."""
    index: int
    """Number of the task in its array; 0 for a job."""
    state: str
    reason: str
    """Why it waits; `None` when it does not."""
    start: str
    """When it started, or is expected to: 2026-11-24T14:00:00, or N/A."""

    @property
    def alive(self) -> bool:
        """Whether it waits or runs. A state that we do not know counts as that."""
        return self.state not in ENDED

    @property
    def waits(self) -> bool:
        """Whether it has not started, or will start again."""
        return self.state in ("PENDING", "CONFIGURING") or self.state.startswith("REQUEUE")


def executor(site: Site, folder: Path, request: Request, *, throttle: int = 10) -> submitit.SlurmExecutor:
    """A submitit executor for jobs of `request` on `site`, with logs and pickles in `folder` (which nodes must see).

    Of an array at most `throttle` tasks run at a time. The job's Python is the profile's: a node may have another
    architecture than this machine. Raises UsageError when there is no Slurm here, or no submitit.
    """
    require(site)
    try:
        import submitit
    except ModuleNotFoundError:
        raise UsageError("jobs need submitit here: pip install -e '.[batch]'") from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _bring(folder / LIB)
    made = submitit.SlurmExecutor(folder=folder, python=site.software.python)
    parameters = site.submitit_parameters(request)
    setup = [*_before(), *parameters.pop("setup", []), *_after(folder), *_gpus_there(site, request)]
    made.update_parameters(**parameters, setup=setup, array_parallelism=throttle, stderr_to_stdout=True)
    return made


def _before() -> list[str]:
    """What this shell has set for its own Python is not for the node's; without the site's software nothing runs."""
    return ["set -eo pipefail", "unset PYTHONPATH PYTHONHOME VIRTUAL_ENV"]


def _after(folder: Path) -> list[str]:
    """The job finds the grader first and our submitit last; in between what the site's modules have set."""
    grader, library = shlex.quote(str(ROOT)), shlex.quote(str(folder.resolve() / LIB))
    return [f"export PYTHONPATH={grader}:${{PYTHONPATH:+$PYTHONPATH:}}{library}"]


def _gpus_there(site: Site, request: Request) -> list[str]:
    """A node without the GPUs ends the job before any check could be taken for one that this machine cannot judge."""
    wanted = f"{kind}:{request.gpus}" if (kind := site.gpu_type(request)) else f"{request.gpus}"
    return [f"{site.software.python} -m grader doctor --site {site.name} --gpus {wanted}"] if request.gpus else []


def _bring(library: Path) -> None:
    """Copy submitit and the one package that it imports (beside typing_extensions, which the frameworks need too)."""
    for name in ("submitit", "cloudpickle"):
        spec = find_spec(name)
        if spec is not None and spec.origin and not (library / name).exists():
            ignore = shutil.ignore_patterns("__pycache__", "test_*.py")
            shutil.copytree(Path(spec.origin).parent, library / f".{name}", ignore=ignore, dirs_exist_ok=True)
            (library / f".{name}").rename(library / name)


def require(site: Site) -> None:
    """Raise UsageError unless Slurm's commands are on this machine, and a job would find its Python."""
    require_commands(
        f"{site.title}: go to {site.login}", "`grader grade SUBMISSIONS` without --site, and `pytest assignments/NN`"
    )
    storage, container = site.storage.project, site.software.container
    needed = container + ("" if os.environ.get("EXERCISES_VENV") else site.software.venv)
    if PROJECT in storage and "$STORAGE" in needed:
        other = "" if "$STORAGE" in container else "Or name the environment: export EXERCISES_VENV=/path/to/your/venv\n"
        raise UsageError(
            f"a job would look for its Python below {storage}, where {PROJECT} stands for your project's directory.\n"
            f"Put that into jobscripts/sites/{site.name}.toml: `project`, below [storage].\n"
            f"{other}How to make the environment: jobscripts/README.md"
        )


def require_commands(go: str, instead: str) -> None:
    """Raise UsageError unless Slurm's commands are on this machine; it says where to `go`, and what works `instead`."""
    if missing := [name for name in ("sbatch", "squeue", "scancel", "srun") if shutil.which(name) is None]:
        raise UsageError(
            f"this machine has no Slurm ({', '.join(missing)} not found). {go}.\nWhat works here: {instead}"
        )


def first_contact() -> None:
    """Raise NoCluster where Slurm's commands know of no cluster. One that does not answer is waited for later."""
    try:
        queue(["none"])
    except NoCluster:
        raise
    except Unreachable:
        return


def submit(made: submitit.SlurmExecutor, function: Callable[..., Any], *columns: Sequence[Any]) -> list[str]:
    """Submit `function` once per row of `columns`, as one array (a job when it is one row). Returns submitit's job ids.

    Raises Unreachable (then the job may exist all the same: look for its name with `queue`), or UsageError with
    Slurm's refusal and what to do about it.
    """
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    try:
        with contextlib.redirect_stderr(io.StringIO()), _outside_of_a_job():  # submitit prints what it also raises
            return [str(job.job_id) for job in made.map_array(function, *columns)]
    except (FailedJobError, FailedSubmissionError) as error:
        raise refusal(str(error)) from None


@contextlib.contextmanager
def _outside_of_a_job() -> Iterator[None]:
    """A job that sends jobs (batch_grading.sh, a notebook) must not hand its own request of memory and tasks on."""
    from submitit.helpers import clean_env

    configuration = {key: os.environ[key] for key in ("SLURM_CONF",) if key in os.environ}  # is about the site
    with clean_env():
        os.environ.update(configuration)
        yield


def restore(made: submitit.SlurmExecutor, job: str, function: Callable[..., Any], *columns: Sequence[Any]) -> None:
    """Give the tasks of `job` the arguments that they lack: submitit puts them in place after sbatch has answered.

    For a job that `submit` started and was killed over; the rows must be the same. A task waits a minute for them.
    """
    from submitit.core.utils import DelayedSubmission, JobPaths

    rows = list(zip(*columns, strict=True))
    for index, row in enumerate(rows):
        path = JobPaths(made.folder, job_id=f"{job}_{index}" if len(rows) > 1 else job).submitted_pickle
        if not path.exists():
            delayed = DelayedSubmission(function, *row)
            delayed.set_timeout(made.parameters["time"], made.max_num_timeout)
            delayed.dump(path.with_suffix(".new"))
            path.with_suffix(".new").replace(path)


_UNREACHABLE = re.compile(
    r"unable to contact slurm controller|connection (refused|timed out)|connect failure|socket timed out"
    r"|zero bytes were|protocol authentication|slurm backup controller|temporarily unable",
    re.IGNORECASE,
)
_NO_CLUSTER = re.compile(r"resolve_ctls_from_dns_srv|configuration source|(find|open|stat).*slurm\.conf", re.IGNORECASE)
_REFUSALS = (
    (r"array", "an array that is too large for the site. Lower `array` in its profile, below [slurm]."),
    (
        r"policy|qos|max\w*limit",
        "what is beyond your allocation's limits, often the number of jobs. Let some end first.",
    ),
    (r"account|project", "the account. Give yours with --account (`projinfo` or `sacctmgr show assoc user=$USER`)."),
    (r"time limit", "the time limit. Lower `hours` in the site's profile, below [slurm]."),
    (
        r"partition|node configuration|gres|gpu|constraint|feature|cpu count",
        "the partition or GPUs asked for. `sinfo -o '%P %G %f'` shows what there is; correct the site's profile.",
    ),
)


def refusal(said: str) -> UsageError:
    """What sbatch, squeue or scancel said, as an error with a next step: Unreachable, or Slurm refused something."""
    lines = [re.sub(r"^\w+: (error: )?", "", line).strip() for line in said.splitlines() if line.strip()]
    words = lines[-1][:200] if lines else "it gave no reason"
    if len(lines) > 1 and re.match(r"batch job submission failed", words, re.IGNORECASE):
        words = f"{lines[-2][:200]} ({words})"  # a site's own rule speaks in the line before
    if _UNREACHABLE.search(said):
        return Unreachable(f"Slurm's controller does not answer: {words}\nNothing is lost; try again.")
    if _NO_CLUSTER.search(said):
        return NoCluster(
            "this machine has Slurm's commands and belongs to no cluster: go to one of the site's login nodes.\n"
            f"What works here: `grader grade SUBMISSIONS` without --site, and `pytest assignments/NN`. It said: {words}"
        )
    for pattern, text in _REFUSALS:
        if re.search(pattern, said, re.IGNORECASE):
            return UsageError(f"Slurm refuses {text}\nIt said: {words}")
    return UsageError(f"Slurm refuses the job. It said: {words}")


def queue(names: Iterable[str]) -> list[Task]:
    """Our jobs of these names with all their tasks, in one call; those that ended long ago are no longer listed.

    Raises Unreachable when squeue does not answer, which says nothing about the jobs.
    """
    words = ["squeue", "--noheader", "--array", "--states=all", f"--user={os.getuid()}", f"--name={','.join(names)}"]
    said = _call([*words, "--format=%j|%F|%K|%T|%r|%S"])
    tasks = []
    for line in said.splitlines():
        name, job, index, state, reason, start = line.strip().split("|")
        tasks.append(Task(name, job, int(index) if index.isdigit() else 0, state, reason, start))
    return tasks


def cancel(jobs: Iterable[str]) -> None:
    """Cancel jobs by number, whole arrays with all their tasks. Raises Unreachable."""
    _call(["scancel", *jobs])


def _call(words: list[str]) -> str:
    environment = os.environ | {"SLURM_TIME_FORMAT": "standard"}  # times are read
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SQUEUE_S, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{words[0]} did not answer within {SQUEUE_S:g} s. Nothing is lost; try again.") from None
    except OSError as error:
        raise Unreachable(f"{words[0]} does not start: {error.strerror}. Nothing is lost; try again.") from None
    if done.returncode:
        said = refusal(done.stderr)
        raise said if isinstance(said, Unreachable) else Unreachable(f"{words[0]} failed: {done.stderr.strip()[:200]}")
    return done.stdout
