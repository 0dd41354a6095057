"""One grader per folder, with and without links, and after a kill."""

import json
import os
import subprocess
import sys

import pytest

from grader import lock
from grader.errors import UsageError


@pytest.fixture(params=["links", "no links"])
def folder(tmp_path, request, monkeypatch):
    if request.param == "no links":

        def no_link(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_link)
    return tmp_path


def test_the_second_says_so_and_the_first_stays(folder):
    with lock.FolderLock(folder) as first:
        with pytest.raises(UsageError, match=rf"is in use.*process {os.getpid()}"), lock.FolderLock(folder):
            pass
        assert lock.holds(folder, first.token)
    assert not list(folder.iterdir())


def test_a_dead_owners_lock_is_taken_over(folder):
    child = subprocess.run(
        [sys.executable, "-c", "import json; from grader import lock; print(json.dumps(lock.me()))"],
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / "lock").write_text(json.dumps(json.loads(child.stdout) | {"token": "old"}))
    with lock.FolderLock(folder) as mine:
        assert lock.holds(folder, mine.token)
        assert not lock.holds(folder, "old")


def test_a_process_with_a_recycled_pid_is_not_the_owner(folder):
    (folder / "lock").write_text(json.dumps(lock.me() | {"started": 1, "token": "old"}))
    with lock.FolderLock(folder) as mine:
        assert lock.holds(folder, mine.token)


@pytest.mark.parametrize("content", ['{"host": "elsewhere", "pid": 1}', "half a fi"])
def test_an_owner_that_cannot_be_seen_is_respected(folder, content):
    (folder / "lock").write_text(content)
    with pytest.raises(UsageError, match=r"cannot be seen from this host.*\n?.*rm "), lock.FolderLock(folder):
        pass
    assert (folder / "lock").read_text() == content
