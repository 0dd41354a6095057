"""The programs of a private Slurm: which are missing here, wrappers that count calls, a stand-in for sacct."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
from pathlib import Path

from tests.private_slurm import config
from tests.private_slurm.shape import Shape

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "sinfo", "scancel")
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
ACCOUNTING = ("slurmdbd", "mariadbd", "sacctmgr")
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
exec {squeue} -h -a -r -t all -j "${ids#,}" -o '%i|%T|%N'
"""


def find(name: str) -> str:
    """The path of a program. Raises FileNotFoundError where it is not installed."""
    path = installed(name)
    if path is None:
        raise FileNotFoundError(name)
    return path


def installed(name: str) -> str | None:
    """The path of a program, those for administrators included, if it is here."""
    return shutil.which(name, path=SEARCHED)


def missing(shape: Shape | None = None) -> list[str]:
    """What a private Slurm needs and does not find here: programs, a library, a name for the user."""
    needed = NEEDED + (ACCOUNTING if shape and shape.accounting else ())
    gone = [name for name in needed if not installed(name)]
    try:
        ctypes.CDLL(NAMES)
    except OSError:
        gone.append(NAMES)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:  # Slurm knows users by name
        gone.append(f"a name for uid {os.geteuid()}")
    return gone


def named(folder: Path) -> dict[str, str]:
    """Variables by which a program finds every node, and this machine by its own name, at 127.0.0.1.

    Slurm listens where the machine's name points to, which may be a network: a library in the program answers instead.
    """
    preload = ":".join(filter(None, [NAMES, os.environ.get("LD_PRELOAD")]))
    return {"LD_PRELOAD": preload, "NSS_WRAPPER_HOSTS": f"{folder}/hosts"}


def write(folder: Path, *, accounting: bool) -> None:
    """Write the wrappers into `bin/`, and without accounting the stand-in for sacct."""
    if not accounting:
        config.script(folder / "sacct", SACCT.replace("{squeue}", find("squeue")))
    for name in COUNTED:
        text = COUNTING.replace("{name}", name).replace("{names}", NAMES).replace("{folder}", str(folder))
        config.script(folder / "bin" / name, text.replace("{program}", real(name, folder)))
    (folder / "calls").touch()


def real(name: str, folder: Path) -> str:
    """What the wrapper of a program starts in the end."""
    stand_in = folder / name
    return str(stand_in) if name == "sacct" and stand_in.exists() else find(name)
