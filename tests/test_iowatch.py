"""grader.iowatch on real processes: what counts as an open."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.iowatch import Counts
from tests.iowatch_worker import count, make_data, seccomp, until, watched

# What a worker does, and what the watch must say: opens, listings, files, processes, unknown.
CASES = {
    "each of seven opens": ("for _ in range(7): read(root + '/a')", (7, 0, 1, 1, 0)),
    "different files": ("for name in 'abc': open(f'{root}/{name}').close()", (3, 0, 3, 1, 0)),
    "in a subfolder": ("read(root + '/sub/x')", (1, 0, 1, 1, 0)),
    "outside": ("read(scratch + '/own'); read(root + '/../sibling/a')", (0, 0, 0, 0, 0)),
    "one that fails": ("os.path.exists(root + '/no') or libc.open((root + '/no').encode(), 0)", (1, 0, 1, 1, 0)),
    "the old open": (
        "libc.syscall(2, (root + '/a').encode(), 0) if os.uname().machine == 'x86_64' else read(root + '/a')",
        (1, 0, 1, 1, 0),
    ),
    "creat": ("libc.creat((root + '/new').encode(), 0o600)", (1, 0, 1, 1, 0)),
    "a relative path": ("os.chdir(root + '/sub'); read('../a'); read('x')", (2, 0, 2, 1, 0)),
    "a working folder that is gone": (
        "os.mkdir(scratch + '/gone'); os.chdir(scratch + '/gone'); os.rmdir(scratch + '/gone'); libc.open(b'x', 0)",
        (0, 0, 0, 0, 1),
    ),
    "another folder under its name": (
        (
            "[os.mkdir(scratch + name) for name in ('/gone', '/gone (deleted)')]\n"
            "os.chdir(scratch + '/gone'); os.rmdir(scratch + '/gone'); libc.open(b'x', 0)"
        ),
        (0, 0, 0, 0, 1),
    ),
    "a folder's descriptor": ("read('a', dir_fd=os.open(root, os.O_PATH))", (1, 0, 1, 1, 0)),
    "links into the folder": (
        "os.symlink(root, scratch + '/d'); os.symlink('d/a', scratch + '/f'); read(scratch + '/f')",
        (1, 0, 1, 1, 0),
    ),
    "links out of it": ("os.symlink(scratch, root + '/out'); read(root + '/out/own')", (0, 0, 0, 0, 0)),
    "a link loop": (
        "os.symlink('loop', scratch + '/loop'); libc.open((scratch + '/loop').encode(), 0)",
        (0, 0, 0, 0, 0),
    ),
    "through /proc/self": (
        "f = os.open(root + '/a', os.O_PATH); read(f'/proc/self/fd/{f}'); read(f'/dev/fd/{f}')",
        (2, 0, 1, 1, 0),
    ),
    "openat2": (
        (
            "libc.syscall(437, -100, (root + '/a').encode(), how(0, 0, 0), 24);"
            "libc.syscall(437, os.open(root, os.O_PATH), b'/../sub/x', how(0, 0, 0x10), 24)"
        ),
        (2, 0, 2, 1, 0),
    ),
    "listings": (
        "os.listdir(root); list(os.scandir(root + '/sub')); read(root); list(os.walk(root))",
        (0, 5, 0, 1, 0),
    ),
    "a listing that fails": (
        "os.path.exists(root + '/no') or libc.open((root + '/no').encode(), os.O_DIRECTORY)",
        (0, 1, 0, 1, 0),
    ),
    "threads are one process": (
        (
            "ts = [threading.Thread(target=read, args=[root + '/a']) for _ in range(4)];"
            "[t.start() for t in ts]; [t.join() for t in ts]"
        ),
        (4, 0, 1, 1, 0),
    ),
    "another program": ("subprocess.run(['cat', root + '/a', root + '/b'], check=True)", (2, 0, 2, 1, 0)),
    "a daemon": (
        (
            "r, w = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        read(root + '/a'); os.write(w, b'!')\n    os._exit(0)\nos.wait(); os.read(r, 1); read(root + '/b')"
        ),
        (2, 0, 2, 2, 0),
    ),
    "a zip opened per item": ("[zipfile.ZipFile(root + '/z.zip').read(n) for n in '0123456789']", (10, 0, 1, 1, 0)),
    "a zip opened once": ("z = zipfile.ZipFile(root + '/z.zip'); [z.read(n) for n in '0123456789']", (1, 0, 1, 1, 0)),
    "no path at all": ("libc.open(None, 0); read(root + '/a')", (1, 0, 1, 1, 1)),
    "wild pointers": (
        (
            "[libc.openat(-100, ctypes.c_void_p(p), 0) for p in (2**64 - 1, 2**63, 2**63 - 1, 8)];"
            "libc.syscall(437, 0, b'x', None, 24); libc.openat(12345, b'x', 0); libc.open(b'\\xff' * 5000, 0)"
        ),
        (0, 0, 0, 0, 7),
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The watched folder."""
    return make_data(tmp_path)


@seccomp
@pytest.mark.parametrize("case", CASES)
def test_counts(root: Path, case: str) -> None:
    """Every way to open a file below the folder is counted once, and nothing else is."""
    body, expected = CASES[case]
    assert count(root, body) == Counts(*expected)


LOADER = """
from torch.utils.data import DataLoader
class Files:
    def __len__(self): return 60
    def __getitem__(self, i):
        with open(f"{{root}}/{{'abc'[i % 3]}}", "rb") as file: return len(file.read())
total = sum(int(batch.sum()) for batch in DataLoader(Files(), batch_size=5, num_workers={workers}))
print(total, end="")
"""


@seccomp
@pytest.mark.parametrize(("workers", "processes"), [(0, 1), (2, 2)])
def test_dataloader(root: Path, workers: int, processes: int) -> None:
    """Opens in a DataLoader's forked workers count as those in the process itself do."""
    pytest.importorskip("torch")
    with watched(root, LOADER.format(workers=workers)) as (watch, finish):
        assert finish() == str(60 * len("data/a"))
        assert watch.counts() == Counts(opens=60, listings=0, files=3, processes=processes, unknown=0)


@seccomp
@pytest.mark.parametrize("reader", ["memory_map", "OSFile"])
def test_pyarrow(root: Path, reader: str) -> None:
    """A C++ library's opens are counted: they need no Python function that could be patched."""
    pytest.importorskip("pyarrow")
    body = f"import pyarrow\nfor _ in range(3): print(pyarrow.{reader}(root + '/a').read().decode())"
    with watched(root, body) as (watch, finish):
        assert finish() == "data/a\n" * 3
        assert watch.counts() == Counts(opens=3, listings=0, files=1, processes=1, unknown=0)


@seccomp
def test_two_workers_are_told_apart(root: Path) -> None:
    """A listener sees its own process tree: not another worker's opens, not the grader's."""
    one, two = watched(root, "read(root + '/a')"), watched(root, "read(root + '/b'); read(root + '/c')")
    with one as (first, finish_first), two as (second, finish_second):
        assert (finish_first(), finish_second(), (root / "a").read_text()) == ("", "", "data/a")
        assert (first.counts().opens, second.counts().opens) == (1, 2)


@seccomp
def test_reset(root: Path) -> None:
    """After reset() only later opens count, also towards distinct files and processes."""
    with watched(root, "read(root + '/a'); parent.recv(1); read(root + '/b')") as (watch, finish):
        until(lambda: watch.counts().opens == 1)
        watch.reset()
        assert watch.counts() == Counts(0, 0, 0, 0, 0)
        finish()
        assert watch.counts() == Counts(opens=1, listings=0, files=1, processes=1, unknown=0)
