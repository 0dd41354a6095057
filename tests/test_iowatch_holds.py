"""grader.iowatch on real processes: holding, breaking, refusing, and workers of other users and in sandboxes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.iowatch import Counts, WatchFault, paths
from tests.iowatch_worker import ORDINARY, REPO, count, make_data, seccomp, until, watched

pytestmark = [seccomp, pytest.mark.alone]
LONG_S = 3600.0  # a hold that nothing but close() or a fault ends within a test
TWO_PROCESSES = "if os.fork() == 0: read(root + '/a'); os._exit(0)\nread(root + '/b'); print(os.wait()[1])"
TIMED = "start = time.perf_counter()\nfor _ in range(20): read(root + '/a')\nprint(time.perf_counter() - start)"


@pytest.fixture
def root() -> Iterator[Path]:
    """The watched folder, where every user may read (pytest's own temporary folders are private)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield make_data(Path(folder))


def test_each_open_waits(root: Path) -> None:
    """Twenty opens, one after the other, take at least twenty holds."""
    with watched(root, TIMED, hold_s=0.005) as (watch, finish):
        assert float(finish()) >= 20 * 0.005
        assert watch.counts().opens == 20


def test_only_the_folder_is_slow(root: Path) -> None:
    """Opens elsewhere and O_PATH look-ups are not held: the worker ends while the hold is an hour."""
    body = "read(scratch + '/own'); os.open(root + '/a', os.O_PATH); read(root + '/../sibling/a')"
    assert count(root, body, hold_s=LONG_S) == Counts(0, 0, 0, 0, 0)


def test_holds_overlap_and_close_ends_them(root: Path) -> None:
    """Two processes are held at the same time; close() lets both go, and their opens succeed."""
    with watched(root, TWO_PROCESSES, hold_s=LONG_S) as (watch, finish):
        until(lambda: watch.counts().opens == 2)
        watch.close()
        assert finish() == "0\n"
        assert watch.counts() == Counts(opens=2, listings=0, files=2, processes=2, unknown=0)


def test_opens_succeed_uncounted_after_close(root: Path) -> None:
    """A process that outlives the watch keeps working: its opens do not fail with ENOSYS."""
    with watched(root, "read(root + '/a'); parent.recv(1); read(root + '/b')") as (watch, finish):
        until(lambda: watch.counts().opens == 1)
        watch.close()
        finish()
        assert watch.counts().opens == 1


def test_hold_can_change(root: Path) -> None:
    """A new hold applies to the next open."""
    body = "read(root + '/a'); parent.recv(1); start = time.perf_counter(); read(root + '/b')"
    with watched(root, body + "; print(time.perf_counter() - start)") as (watch, finish):
        until(lambda: watch.counts().opens == 1)
        watch.hold_s = 0.1
        assert float(finish()) >= 0.1


@pytest.mark.parametrize("hold_s", [-1e-9, float("nan"), float("inf")])
def test_impossible_holds_are_refused(root: Path, hold_s: float) -> None:
    """A hold is a finite number of seconds; the running one is kept."""
    with watched(root, "read(root + '/a')") as (watch, finish):
        with pytest.raises(ValueError, match="hold_s"):
            watch.hold_s = hold_s
        assert watch.hold_s == 0
        finish()


@pytest.mark.parametrize("before", ["", "filter.FLAG_SETS = (filter.NEW_LISTENER,)"], ids=["new kernel", "before 5.19"])
def test_signals_neither_count_twice_nor_prolong(root: Path, before: str) -> None:
    """A signal handler in the middle of a hold: the open counts once, is held once, and the worker gets on."""
    body = (
        "hits = []; signal.signal(signal.SIGALRM, lambda *_: hits.append(1)); start = time.perf_counter()\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)\nfor _ in range(5): read(root + '/a')\n"
        "signal.setitimer(signal.ITIMER_REAL, 0); print(time.perf_counter() - start, len(hits))"
    )
    with watched(root, body, hold_s=0.02, before=before) as (watch, finish):
        seconds, hits = finish().split()
        assert float(seconds) >= 5 * 0.02
        assert int(hits) > 0
        assert watch.counts() == Counts(opens=5, listings=0, files=1, processes=1, unknown=0)


def test_a_broken_watch_frees_the_worker_and_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the serving thread fails, held and later opens go on, and counts() raises for good."""

    def broken(*_: object) -> Any:
        raise RuntimeError("planted")

    body = TWO_PROCESSES.replace("\n", "\nparent.recv(1); ")
    with watched(root, body, hold_s=LONG_S) as (watch, finish):
        until(lambda: watch.counts().opens == 1)
        monkeypatch.setattr(paths, "locate", broken)
        assert finish() == "0\n"
        for _ in range(2):
            with pytest.raises(WatchFault, match="planted"):
                watch.counts()
            watch.reset()


def test_other_ways_in_are_shut(root: Path) -> None:
    """io_uring, file handles and the x32 ABI are refused; a second listener cannot be put in front."""
    body = (
        "def error(*call): libc.syscall(*call); return ctypes.get_errno()\n"
        "here = filter.machine(); print(error(425, 1, 0), error(here.open_by_handle_at, -100, 0, 0), end=' ')\n"
        "print(error(0x40000002, 0, 0) if here.has_x32 else errno.EPERM)\n"
        "try: filter.install()\nexcept OSError as refused: print(refused.errno)"
    )
    with watched(root, body) as (_, finish):
        assert finish().split() == [str(n) for n in (errno.ENOSYS, errno.EPERM, errno.EPERM, errno.EBUSY)]


def test_install_refuses_a_threaded_process() -> None:
    """Threads that run already would stay unfiltered, so install() does not pretend."""
    code = (
        "import threading; from grader.iowatch import filter\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\nfilter.install()"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
    assert "before any thread is started; 2 are running" in run.stderr


def test_a_private_worker(root: Path) -> None:
    """A worker that makes its memory private is read by root; for an equal it is unknown, never silently missing."""
    expected = Counts(1, 0, 1, 1, 0) if os.geteuid() == 0 else Counts(0, 0, 0, 0, 1)
    assert count(root, "libc.prctl(4, 0, 0, 0, 0); read(root + '/a')") == expected


def test_a_sandbox_with_its_own_view(root: Path) -> None:
    """In other user, mount and pid namespaces the folder counts under the name it is mounted on there."""
    own_view = ("unshare", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc")
    if subprocess.run([*own_view, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us make no namespaces")
    bind = ("sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', str(root), str(root.parent / "sibling"))
    body = (
        "os.chdir(root + '/../sibling'); read('a'); f = os.open('b', os.O_PATH); read(f'/proc/self/fd/{f}')\n"
        "read(root + '/../sibling/sub/x'); read(scratch + '/own'); os.listdir('.')"
    )
    assert count(root, body, launcher=(*own_view, *bind)) == Counts(3, 1, 3, 1, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to start a worker as somebody else")
def test_a_worker_of_another_user(root: Path) -> None:
    """Root watches a worker that runs as an ordinary user."""
    user = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
    with watched(root, "print(os.getuid()); read(root + '/a')", **user) as (watch, finish):
        assert finish() == f"{ORDINARY}\n"
        assert watch.counts() == Counts(opens=1, listings=0, files=1, processes=1, unknown=0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become an ordinary user")
def test_all_of_this_as_an_ordinary_user(root: Path) -> None:
    """Grader and worker as the same unprivileged user: every test passes there, too."""
    os.chown(root.parent, ORDINARY, ORDINARY)
    become = ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--no-new-privs"]
    files = sorted(map(str, Path(__file__).parent.glob("test_iowatch*.py")))
    options = ["-q", "-rs", "-p", "no:cacheprovider", "-c", os.devnull, f"--basetemp={root.parent}/pytest"]
    env = {**os.environ, "HOME": str(root.parent), "PYTHONPATH": str(REPO), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [*become, sys.executable, "-m", "pytest", *files, *options, "-k", "not dataloader"],
        cwd=REPO, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "no seccomp" not in run.stdout
