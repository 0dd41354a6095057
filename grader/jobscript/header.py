"""Rules about what sbatch reads: the first line, the directives, options that it does not know or cannot read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

from grader.jobscript import options
from grader.jobscript.options import KINDS, SHORT, Directive
from grader.jobscript.rules import Found, Job, rule


@rule("shebang", "error")
def shebang(job: Job) -> Iterator[Found]:
    """Slurm refuses a script whose first line does not name its interpreter."""
    if not job.script.shebang:
        found = f"the first line is {_short(job.script.lines[0])}" if job.script.text.strip() else "the script is empty"
        yield 1, found, "#!/bin/bash", "It has to be the very first line, without a blank before it."


@rule("line-ends", "error")
def line_ends(job: Job) -> Iterator[Found]:
    """Slurm refuses a script that was saved on Windows."""
    if line := job.script.crlf:
        yield (
            line,
            "the line ends as on Windows (CR LF)",
            "LF alone",
            "Run  dos2unix  or  sed -i 's/\\r$//'  on the script.",
        )


@rule("late-directive", "error")
def late(job: Job) -> Iterator[Found]:
    """Directives after the first command are comments."""
    for line in job.script.ignored:
        if line.why == "late":
            found = f"{_short(line.text)} comes after the first command, so Slurm does not read it"
            yield line.line, found, "all #SBATCH lines before the first command", "Move it up."


@rule("directive-prefix", "error")
def prefix(job: Job) -> Iterator[Found]:
    """Whatever does not begin with `#SBATCH`, letter for letter, is a comment."""
    for line in job.script.ignored:
        if line.why == "prefix":
            found = f"{_short(line.text)} is a comment for Slurm"
            yield (
                line.line,
                found,
                "#SBATCH, in capitals, from the first column",
                "Correct the beginning, or delete the line.",
            )


@rule("directive-off", "warning")
def doubled(job: Job) -> Iterator[Found]:
    """`##SBATCH` is how people switch a directive off, and also how they do so by mistake."""
    for line in job.script.ignored:
        if line.why == "doubled":
            yield (
                line.line,
                f"{_short(line.text)} is switched off",
                "one # where it is meant",
                "Delete the line if it is not.",
            )


@rule("unknown-option", "error")
def unknown(job: Job) -> Iterator[Found]:
    """Options that sbatch does not know, with the one that was probably meant."""
    for directive in job.script.directives:
        name, at = re.split(r"[=:\d ]", directive.spelled.lstrip("-"), maxsplit=1)[0], directive.spelled
        if directive.problem == "ambiguous":
            fits = [f"--{o}" for o in KINDS if o.startswith(name)]
            near = _near(job, name)
            yield (
                directive.line,
                f"{at} may be {', '.join(fits[:4])}",
                f"--{near or fits[0][2:]}",
                "Write its name in full.",
            )
        elif directive.problem == "unknown" and not (at.startswith("--") and name in KINDS):
            right = _near(job, name) if at.startswith("--") else _one_dash(at)
            expected = f"--{right}" if right else "an option that  man sbatch  lists"
            yield directive.line, f"sbatch has no option {at.split('=')[0]}", expected, "It refuses the whole script."


@rule("option-form", "error")
def form(job: Job) -> Iterator[Found]:
    """Options that are there but badly written: `--gpus:2`, `-t=10`, `--time = 10`, no value, a quote left open."""
    if line := job.script.quote:
        yield line, "a quote is opened and not closed", "both quotes, or none", "sbatch stops at this line."
    if line := job.script.colon:
        yield line, "a word begins with a colon", "options such as --time=10", "sbatch stops at this line."
    for directive in job.script.directives:
        if found := _malformed(directive):
            yield directive.line, *found


def _malformed(directive: Directive) -> tuple[str, str, str] | None:
    spelled, name = directive.spelled, f"--{directive.option}"
    if directive.problem == "unknown" and (broken := re.match(r"--([a-z-]+)([:\d].*)", spelled)) and broken[1] in KINDS:
        value = broken[2].removeprefix(":")
        return (
            f"{spelled} is no option",
            f"--{broken[1]}={value}",
            "An option and its value are joined by `=`, or a blank.",
        )
    if directive.problem == "no value":
        return f"{spelled} has no value", f"{name}=VALUE", ""
    if directive.problem == "takes no value":
        return f"{spelled} has a value", name, "This option takes none."
    if directive.problem == "no option":
        odd = ("\N{EN DASH}", "\N{EM DASH}", "\N{MINUS SIGN}", "\N{NON-BREAKING HYPHEN}")
        hint = "Its dash is not the plain one: pasted from a page or slides." if spelled.startswith(odd) else ""
        return f"{_short(spelled)} is no option", "only options, as in --time=10", hint or "Put a # before a comment."
    if directive.value.startswith("=") and not directive.problem:
        return (
            f"{spelled} has the value {directive.value!r}",
            spelled.replace("=", "", 1),
            "No `=` and no blanks there.",
        )
    return None


@rule("shell-syntax", "error")
def syntax(job: Job) -> Iterator[Found]:
    """What bash itself cannot read, asked with `bash -n`: it reads a script and runs nothing."""
    bash = shutil.which("bash")
    if not bash or not re.match(r"#!\s*\S*\b(ba)?sh\b|#!\s*/usr/bin/env\s+(-S\s+)?bash\b|(?!#!)", job.script.shebang):
        return
    clean = {k: v for k, v in os.environ.items() if k == "PATH"} | {"LC_ALL": "C"}  # no BASH_ENV
    text = job.script.text.encode("utf-8", "replace")
    try:
        done = subprocess.run([bash, "-n"], input=text, capture_output=True, timeout=10, env=clean, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode and (first := re.search(r"line (\d+): (.*)", said)):
        yield int(first[1]), f"bash cannot read the script: {_short(first[2], 90)}", "closed quotes and blocks", ""


def _near(job: Job, name: str) -> str:
    """The option most like a misspelt one; among equals the one of the site's GPU request."""
    usual = [job.site.gpus.form.partition("=")[0].lstrip("-"), "gpus", "cpus-per-task", "time"]
    first = [o for o in usual if o.startswith(name)]
    return first[0] if first else options.nearest(name, tuple(KINDS))


def _one_dash(spelled: str) -> str:
    """The option behind `-gpus=2`: one dash before a long name."""
    name = re.split(r"[=: ]", spelled.lstrip("-"))[0]
    return name if name in KINDS and name not in SHORT else ""


def _short(text: str, most: int = 60) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text.strip())
    return f"'{text[:most]}...'" if len(text) > most else f"'{text}'"
