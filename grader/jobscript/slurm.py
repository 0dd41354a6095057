"""What Slurm itself says about a script: `sbatch --test-only`, which submits and runs nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from grader.jobscript.rules import Finding

RULE = "slurm"
SECONDS = 20
_SILENT = re.compile(r"(?i)unable to contact slurm controller|configuration source|timed out|connection refused|munge")
_INHERITED = ("SBATCH_", "SLURM_")
_KEPT = ("SLURM_CONF", "SLURM_CONF_SERVER")


class NoSlurm(Exception):
    """There is no sbatch here, or no controller answers: nothing was measured. The text says which."""


def ask_slurm(text: str, *, folder: Path | None = None) -> Finding | None:
    """Slurm's own verdict on a script: a finding in its words, or None when it would take the job.

    Called in `folder`, else in a folder of its own. Raises NoSlurm where nothing can be asked. Slurm reads a script's
    directives only: it does not see what comes after the first command, nor folders, modules or images.
    """
    if not (sbatch := shutil.which("sbatch")):
        raise NoSlurm("there is no sbatch here")
    # Options of the job that this may run in must not reach the one that is asked about.
    outside = {k: v for k, v in os.environ.items() if not k.startswith(_INHERITED) or k in _KEPT}
    with tempfile.TemporaryDirectory() as own:
        script = Path(own) / "job.sh"
        script.write_bytes(text.encode("utf-8", "replace"))
        command = [sbatch, "--test-only", str(script)]
        try:
            done = subprocess.run(
                command, cwd=folder or own, env=outside, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoSlurm(f"sbatch did not answer within {SECONDS} s") from None
        except OSError as error:
            raise NoSlurm(f"sbatch cannot be started: {error.strerror}") from None
    said = done.stderr.decode("utf-8", "replace").replace(str(script), "job.sh")
    if done.returncode == 0:
        return None
    if _SILENT.search(said):
        raise NoSlurm("no Slurm controller answers")
    line = re.search(r"line (\d+):", said)
    return Finding(RULE, "error", int(line[1]) if line else 0, f"Slurm says: {_words(said)}", "a job that it takes", "")


def _words(said: str) -> str:
    """The first two lines of a refusal, without the program's name and what only points to the manual."""
    lines = [
        re.sub(r"^(sbatch|allocation failure)?:? ?(error|fatal)?:? ?", "", line).strip() for line in said.splitlines()
    ]
    return "; ".join(line.rstrip(".") for line in lines if line and not line.startswith("Try "))[:200]
