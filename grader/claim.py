"""Who may write the results of a part of an array: the task that claimed it last, and only while its run goes on.

A run has a folder, OUT/jobs/claims-<token>. A task makes a folder of its own, renames it to <index> in that (which
works only while there is none) and writes results through <index>/<nonce>: a temporary file there is renamed over
results.json. Who takes over deletes the folder, so a superseded twin (its node was lost and came back, or Slurm started
the task again) cannot finish a write: no clocks, no file locks, no check that could be outrun between looking and
writing.
"""

from __future__ import annotations

import errno
import secrets
import shutil
from pathlib import Path


def open_run(out: Path, token: str) -> None:
    """Let tasks of this run claim parts."""
    _folder(out, token).mkdir(mode=0o700)


def close_run(out: Path, token: str) -> None:
    """End a run: none of its tasks can write from here on, and one that starts later finds nothing to do."""
    _remove(_folder(out, token))


def close_all(out: Path) -> None:
    """End every run of this folder, those included that a killed head left."""
    for folder in (out / "jobs").glob(_folder(out, "*").name):
        _remove(folder)


def take(out: Path, token: str, index: int) -> Path | None:
    """Take part `index` over; returns the folder to write through, None when the run has ended."""
    run, nonce = _folder(out, token), secrets.token_hex(4)
    part, ready = run / str(index), run / f".new-{nonce}"
    try:
        ready.mkdir()
        (ready / nonce).mkdir()
        while True:
            _remove(part)
            try:
                ready.rename(part)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                continue  # a twin was faster: take it over again
            return part / nonce
    except FileNotFoundError:  # the run has ended
        return None


def _folder(out: Path, token: str) -> Path:
    return out / "jobs" / f"claims-{token}"


def _remove(folder: Path) -> None:
    """Move it aside in one step, then delete it: a network disk may remember the name, but not what is deleted."""
    aside = folder.with_name(f".gone-{secrets.token_hex(4)}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    for _ in range(100):  # its owner may be writing into it at this moment
        shutil.rmtree(aside, ignore_errors=True)
        if not aside.exists():
            return
