"""The programs of a private Slurm: which are missing here, wrappers that count calls, a stand-in for sacct."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

from tests.private_slurm import config

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "sinfo", "scancel")
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
COUNTED = ("sbatch", "squeue", "sacct", "salloc", "scancel", "srun")
NAMES = "libnss_wrapper.so"

# A line per call, with the arguments up to a first newline; O_APPEND keeps the lines of parallel calls apart.
COUNTING = """\
#!/bin/sh
newline='
'
words="{name} $*"
echo "${words%%"$newline"*}" >>"{folder}/calls"
export LD_PRELOAD="{names}${LD_PRELOAD:+:$LD_PRELOAD}" NSS_WRAPPER_HOSTS="{folder}/hosts"
exec "{program}" "$@"
"""

# sacct reads a database, which does not run here. slurmctld answers what submitit asks; it forgets no job.
SACCT = """\
#!/bin/sh
ids=
while [ $# -gt 0 ]; do
    case $1 in -j) shift; ids=$ids,$1 ;; esac
    shift
done
echo 'JobID|State|NodeList'
exec squeue -h -a -r -t all -j "${ids#,}" -o '%i|%T|%N'
"""


def find(name: str) -> str:
    """The path of an installed program, those for administrators included. Raises FileNotFoundError."""
    path = shutil.which(name, path=SEARCHED)
    if path is None:
        raise FileNotFoundError(name)
    return path


def missing() -> list[str]:
    """What is not installed here of what a private Slurm needs; programs, and a library."""
    gone = [name for name in NEEDED if shutil.which(name, path=SEARCHED) is None]
    try:
        ctypes.CDLL(NAMES)
    except OSError:
        gone.append(NAMES)
    return gone


def named(folder: Path, node: str = "") -> dict[str, str]:
    """Variables by which a program finds the nodes by name, and takes this machine for one of them.

    Slurm listens where its machine's name points to. All nodes are this one machine, and its own name may point to a
    network: a library, loaded into the program, answers instead.
    """
    preload = ":".join(filter(None, [NAMES, os.environ.get("LD_PRELOAD")]))
    hosts = {"LD_PRELOAD": preload, "NSS_WRAPPER_HOSTS": f"{folder}/hosts"}
    return hosts | ({"NSS_WRAPPER_HOSTNAME": node} if node else {})


def write(folder: Path) -> None:
    """Write the wrappers into `bin/`, and the stand-in for sacct."""
    config.script(folder / "sacct", SACCT)
    for name in COUNTED:
        text = COUNTING.replace("{name}", name).replace("{names}", NAMES).replace("{folder}", str(folder))
        config.script(folder / "bin" / name, text.replace("{program}", real(name, folder)))
    (folder / "calls").touch()


def real(name: str, folder: Path) -> str:
    """What the wrapper of a program starts in the end."""
    return str(folder / "sacct") if name == "sacct" else find(name)
