"""`python -m tests.private_slurm [COMMAND ...]`: a shell, or a command, on a private Slurm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.private_slurm import PrivateSlurm, missing

ACCOUNT = "naiss2026-1-23"
PACKAGES = "slurm-wlm munge libnss-wrapper"


def main(command: list[str]) -> int:
    """Run it and answer with its exit status."""
    if gone := missing():
        print(f"error: not installed: {', '.join(gone)}\nDebian/Ubuntu: sudo apt install {PACKAGES}", file=sys.stderr)
        return 2
    with PrivateSlurm() as slurm:
        nodes = ", ".join(f"{n.count} x {n.gpus} {n.gpu} ({n.name}-1 ...)" for n in slurm.shape.nodes)
        print(f"A private Slurm, its GPUs pretended, {nodes}: sinfo, sbatch, srun as on a site.", file=sys.stderr)
        print("`exit` leaves, and ends its jobs.", file=sys.stderr)
        print(f"Its account: {ACCOUNT}, as in: grader grade class --site local --account {ACCOUNT}", file=sys.stderr)
        env = slurm.environment()
        # The commands of this Python, also where .venv is not activated.
        env["PATH"] = f"{Path(sys.prefix, 'bin')}{os.pathsep}{env['PATH']}"
        process = subprocess.Popen(command or [os.environ.get("SHELL", "/bin/sh")], env=env)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for what runs in the shell
        return process.wait()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["--"] else arguments))
