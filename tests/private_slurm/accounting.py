"""Slurm's accounting for a private Slurm: slurmdbd and a MariaDB of its own. It knows accounts and limits of users.

Needs the packages slurmdbd and mariadb-server-core, and some seconds to start; without it, see `programs.SACCT`.
"""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.private_slurm import config, programs

if TYPE_CHECKING:
    from tests.private_slurm.daemons import Daemons

TABLES = Path("/usr/share/mysql")
# Small, and fast rather than safe: it lives as long as its tests.
DATABASE = ("--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0")

SLURMDBD = """\
AuthType=auth/munge
AuthInfo=socket={folder}/private/munge.sock
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser={user}
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser={user}
StorageLoc=slurm
PidFile={folder}/private/slurmdbd.pid
"""


def settings(folder: Path, port: int) -> Iterator[str]:
    """What slurm.conf says about it, line by line."""
    yield "AccountingStorageType=accounting_storage/slurmdbd"
    yield "AccountingStorageHost=127.0.0.1"
    yield f"AccountingStoragePort={port}"
    yield f"AccountingStoragePass={folder}/private/munge.sock"
    yield "AccountingStorageTRES=gres/gpu"
    yield "AccountingStorageEnforce=associations,limits"


def start(slurm: Daemons) -> None:
    """Start the database and slurmdbd, and tell it the accounts. Before slurmctld, which asks for them."""
    assert slurm.shape.accounting is not None
    user = pwd.getpwuid(os.geteuid()).pw_name
    private = slurm.folder / "private"  # nobody else can open it, so the database asks for no password
    (private / "database").mkdir()
    base = ["--no-defaults", f"--datadir={private}/database", f"--user={user}", *DATABASE]
    # What mariadb-install-db does; that script is in a larger package.
    tables = [(TABLES / f"mysql_system_tables{kind}.sql").read_text("utf-8") for kind in ("", "_data")]
    subprocess.run(
        [programs.find("mariadbd"), *base, "--bootstrap"],
        input="create database mysql;\nuse mysql;\n" + "".join(tables),
        text=True,
        capture_output=True,
        check=True,
    )
    sock = private / "database.sock"
    options = ["--skip-grant-tables", "--skip-networking", "--skip-log-bin", f"--pid-file={private}/database.pid"]
    slurm.start_daemon("mariadbd", *base, *options, f"--socket={sock}", "--innodb-lock-wait-timeout=900")
    slurm.until("database", sock.exists)

    port = config.free_ports(1)[0]
    conf = slurm.folder / "slurmdbd.conf"
    conf.touch(0o600)  # else slurmdbd does not start
    host = socket.gethostname().partition(".")[0]
    conf.write_text(SLURMDBD.format(folder=slurm.folder, host=host, port=port, user=user))
    with (slurm.folder / "slurm.conf").open("a") as file:
        file.writelines(f"{line}\n" for line in settings(slurm.folder, port))
    slurm.start_daemon("slurmdbd", "-D", env={"MYSQL_UNIX_PORT": str(sock)})
    slurm.until("slurmdbd", lambda: slurm.run("sacctmgr", "-n", "list", "cluster", check=False).returncode == 0)
    slurm.run("sacctmgr", "-i", "add", "cluster", "private")
    accounts, limit = ",".join(slurm.shape.accounting.accounts), slurm.shape.accounting.max_submit_jobs
    slurm.run("sacctmgr", "-i", "add", "account", accounts)
    limits = [] if limit is None else [f"MaxSubmitJobs={limit}"]
    slurm.run("sacctmgr", "-i", "add", "user", user, f"account={accounts}", *limits)
