"""grader.iowatch where opens cannot be held: the choice of mechanism, and what inotify counts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.iowatch import Counts, InotifyWatch, WatchFault, mechanism
from tests.iowatch_worker import REPO, count, make_data, seccomp

SEVEN = "for _ in range(7): read(root + '/a'); read(root + '/sub/x')"
FOLDERS = "os.listdir(root); os.chdir(root); read('.'); list(os.walk('.')); open('made', 'w').close(); read('made')"
ZIP = "[zipfile.ZipFile(root + '/z.zip').read(n) for n in '0123456789']"
FORKED = "child = os.fork(); child and os.wait(); read(root + '/a')"  # inotify merges two that open it at once


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The watched folder."""
    return make_data(tmp_path)


def test_the_probe_does_not_fall_back_in_silence() -> None:
    """Where the filter goes in, seccomp is what is used: a broken probe must not skip all the tests here."""
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    code = "from grader.iowatch import filter; filter.install()"
    tried = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
    if release < (5, 5):
        pytest.skip(f"no listener can be expected on Linux {os.uname().release}")
    if tried.returncode == 0:
        assert mechanism() == "seccomp"
    else:
        assert "forbids it" in tried.stderr or "already has a listener" in tried.stderr, tried.stderr


@seccomp
@pytest.mark.parametrize("body", [SEVEN, FOLDERS, ZIP, FORKED])
def test_both_mechanisms_agree(root: Path, body: str) -> None:
    """inotify, where it is the only one, gives the numbers that seccomp gives; it cannot know processes."""
    with InotifyWatch(root) as other:
        expected = count(root, body)
        assert other.counts() == Counts(expected.opens, expected.listings, expected.files, None, 0)


def test_inotify_counts_every_reopen(root: Path) -> None:
    """Identical events do not merge: 5,000 reopens are 5,000."""
    with InotifyWatch(root) as watch:
        for _ in range(5000):
            (root / "a").open().close()
        assert watch.counts() == Counts(opens=5000, listings=0, files=1, processes=None, unknown=0)
        watch.reset()
        assert watch.counts() == Counts(0, 0, 0, None, 0)


def test_inotify_follows_new_folders(root: Path) -> None:
    """Folders made later, and folders in them, are watched too; the watch's own listings are not counted."""
    with InotifyWatch(root) as watch:
        (root / "new/deep").mkdir(parents=True)
        assert watch.counts() == Counts(0, 0, 0, None, 0)
        (root / "new/deep/file").touch()
        assert list(root.iterdir()) != []
        assert watch.counts() == Counts(opens=1, listings=1, files=1, processes=None, unknown=0)


def test_inotify_overflow_is_the_graders_fault(root: Path) -> None:
    """Events that the kernel dropped make the counts unusable for good, never just smaller."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    with InotifyWatch(root) as watch:
        with watch._lock:  # keeps the draining thread out
            for _ in range(limit // 2 + 1):
                (root / "a").open().close()
        for _ in range(2):
            with pytest.raises(WatchFault, match="overflow"):
                watch.counts()
            watch.reset()
