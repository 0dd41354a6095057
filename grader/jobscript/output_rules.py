"""Rules about names: of the job, of its log, of the folder that the log goes to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grader.jobscript.rules import Found, Job, rule

_PATHS = ("output", "error", "input", "chdir")


@rule("job-name", "warning")
def job_name(job: Job) -> Iterator[Found]:
    """Without a name, squeue shows that of the script."""
    if not job.script.last("job-name"):
        yield 0, "the job has no name", "#SBATCH -J NAME", "squeue and %x in the output's name show it."


@rule("output-name", "warning")
def output_name(job: Job) -> Iterator[Found]:
    """A log that the next job overwrites, or that is called slurm-123.out."""
    directive, is_array = job.script.last("output"), job.script.last("array")
    form = "%x-%A_%a.out" if is_array else "%x-%j.out"
    if not directive:
        yield 0, "the output has no name", f"#SBATCH -o {form}", ""
    elif is_array and not re.search("%[0-9]*A", directive.value) and re.search("%[0-9]*[jJa]", directive.value):
        yield (
            directive.line,
            f"{directive.spelled} does not tell the array's jobs apart",
            form,
            "%A is the array, %a the index.",
        )
    elif not is_array and not re.search("%[0-9]*[jJA]", directive.value) and "/dev/" not in directive.value:
        yield directive.line, f"the next job overwrites {directive.value}", form, "%j is the job's number."


@rule("array-output", "error")
def array_output(job: Job) -> Iterator[Found]:
    """All tasks of an array writing to one file."""
    directive = job.script.last("output")
    if directive and job.script.last("array") and not re.search("%[0-9]*[jJa]", directive.value):
        yield directive.line, f"all tasks of the array write to {directive.value}", "%A_%a in its name", ""


@rule("path-variable", "error")
def path_variable(job: Job) -> Iterator[Found]:
    """Slurm expands neither ~ nor variables: the job dies without leaving a file."""
    for directive in job.script.directives:
        if directive.option in _PATHS and re.match("~|.*[$`]", directive.value):
            found = f"Slurm takes {directive.value} as it stands"
            yield directive.line, found, "a path without ~ and $", "A relative one begins where you call sbatch."


@rule("output-folder", "error")
def output_folder(job: Job) -> Iterator[Found]:
    """A folder that is not there when the job starts: the job fails at once, and leaves no file that says why."""
    start = (job.folder or Path()) / job.script.value("chdir")
    for directive in job.script.directives:
        folder, _, _ = directive.value.rpartition("/")
        if directive.option not in ("output", "error") or not folder or re.match("~|.*[$`]", directive.value):
            continue
        numbered = re.search("%[0-9]*[jJAa]", folder)
        if numbered or (_can_tell(job, folder) and "%" not in folder and not (start / folder).is_dir()):
            yield (
                directive.line,
                f"the folder {folder} does not exist",
                "a folder that does",
                "mkdir -p it before sbatch.",
            )


def _can_tell(job: Job, folder: str) -> bool:
    """A path of a site cannot be judged on a laptop: its first part has to be there."""
    return Path(*Path(folder).parts[:2]).exists() if folder.startswith("/") else job.folder is not None
