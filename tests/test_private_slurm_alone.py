"""The private Slurm and the machine it runs on: nobody else can reach it, and it leaves nothing behind."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from tests.private_slurm import Shape, config, until

ROOT = Path(__file__).resolve().parents[1]
SITE = ("--account=NAISS2024-1-23", "--time=5", "--gpus-per-node=A100:1")


def tree(pid):
    """A process and all that descend from it."""
    found = [pid]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # what ends meanwhile has no children
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for child in (task / "children").read_text().split():
                    found += tree(int(child))
    return found


def listening(pids):
    """The addresses, as in /proc/net/tcp, at which these processes listen."""
    opened = set()
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ends, or closes a file
            # munged lets nobody look, and has no port to listen at.
            if Path(f"/proc/{pid}/comm").read_text() != "munged\n":
                for fd in Path(f"/proc/{pid}/fd").iterdir():
                    with contextlib.suppress(FileNotFoundError):
                        opened.add(str(fd.readlink()))
    rows = [
        row.split() for table in ("tcp", "tcp6") for row in (Path("/proc/net") / table).read_text().splitlines()[1:]
    ]
    return [row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in opened]


def test_it_listens_on_the_loopback_only(slurm):
    addresses = listening(tree(slurm.supervisor.pid))
    assert addresses == ["0100007F"] * 5  # slurmctld, four slurmd: 127.0.0.1


OWNER = """
import sys, time
from tests.private_slurm import PrivateSlurm
slurm = PrivateSlurm()
slurm.start()
job = slurm.submit("#!/bin/sh\\ntrap '' TERM\\nuntil false; do sleep 1; done", *sys.argv[1:], "--output=/dev/null")
slurm.wait_for(job, "RUNNING")
print(slurm.folder, flush=True)
time.sleep(1000)
"""


def processes_of(folder):
    """The processes that were started with this private Slurm's configuration."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"SLURM_CONF={folder}/slurm.conf".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # another user's, or it ended
            continue
    return found


def test_nothing_is_left_when_the_owner_is_killed(slurm_cluster):
    owner = subprocess.Popen([sys.executable, "-c", OWNER, *SITE], cwd=ROOT, text=True, stdout=subprocess.PIPE)
    try:
        folder = Path(owner.stdout.readline().strip())
        assert folder.is_dir()
        # munged, slurmctld, four slurmd, slurmstepd, the job: a job is called running a little before it runs
        until(lambda: len(processes_of(folder)) >= 8)
    finally:
        owner.kill()
        owner.communicate()
    until(lambda: not folder.exists())
    assert processes_of(folder) == []


def test_it_starts_again_where_a_port_was_taken(start_slurm, monkeypatch):
    find, folders = config.free_ports, []
    with socket.create_server(("127.0.0.1", 0)) as other:

        def ports(count):
            folders.append(slurm.folder)
            return [other.getsockname()[1]] * count if len(folders) == 1 else find(count)

        monkeypatch.setattr(config, "free_ports", ports)
        slurm = start_slurm(Shape(rules=None))
        with slurm:
            assert slurm.run("srun", "hostname").stdout == "a100-1\n"
    assert len(folders) == 2
    assert [folder for folder in folders if folder.exists()] == []


def test_a_command_runs_on_it(slurm_cluster):
    command = [sys.executable, "-m", "tests.private_slurm", "--", "sh", "-c", "sinfo -h -o '%P %D'; exit 3"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (3, "gpu* 4\nspare 4\n")
    assert len(done.stderr.splitlines()) == 3
