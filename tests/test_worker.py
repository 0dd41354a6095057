"""The worker and its trusted end: answers, limits, and every way in which a task can go wrong."""

import math
import os
import re
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from grader.iowatch import mechanism
from grader.verdict import Failed, GraderFault
from grader.worker import client, procs
from grader.worker.client import Array
from grader.worker.limits import WORKER_UID
from grader.worker.spawn import ForkServer
from tests.conftest import lacks

pytestmark = pytest.mark.alone

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


def refusal(call, *args, **kwargs):
    with pytest.raises(Failed) as caught:
        call(*args, **kwargs)
    return caught.value.outcome


def test_arrays_go_in_and_come_out_unchanged(worker):
    w = worker("def answer(x, k): return k * x, x.astype('int64')")
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    double, whole = w.call("answer", x, 2, returns=[Array("float32", (2, 3)), Array("int64", (2, 3))])
    assert np.array_equal(double, 2 * x)
    assert np.array_equal(whole, x.astype(np.int64))


def test_two_arrays_keep_their_places_between_plain_arguments(worker):
    w = worker("def answer(a, n, b): return float(a.sum()) * n - float(b.sum())")
    assert w.call("answer", np.ones(3), 10, np.ones(4)) == 26.0


def test_a_free_first_dimension_accepts_fewer_rows(worker):
    w = worker("import numpy as np\ndef answer(n): return np.zeros((n, 2))")
    spec = Array("float64", (None, 2), rows=5)
    assert w.call("answer", 0, returns=[spec])[0].shape == (0, 2)
    assert w.call("answer", 5, returns=[spec])[0].shape == (5, 2)
    assert "up to 5" in refusal(w.call, "answer", 6, returns=[spec]).evidence


@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        ("return None", "expected float64 of shape (2), found object"),
        ("return 1.0", "expected float64 of shape (2), found float64 of shape []"),
        ("return __import__('numpy').zeros(2, 'float32')", "found float32"),
        ("return [1.0, 2.0], [1.0]", "expected 1 arrays, found 2"),
        ("raise ValueError('no\\nway')", "task.py:1: ValueError: no way"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import os; os._exit(3)", "exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.closerange(0, 100)", "answer()"),
        ("x = 0\n while True: x += 1", "did not end within 0.5 s"),
        ("x = []\n while True: x.append(bytearray(1 << 24))", "memory"),
        ("import os\n while True: os.write(1, b'x' * 65536)", "Printed more than 16 MiB"),
    ],
    ids=lambda value: re.sub(r"\W+", "-", value)[:24],
)
def test_a_bad_answer_ends_with_a_clear_verdict_and_the_next_worker_is_fine(worker, body, evidence):
    w = worker(f"def answer():\n {body}" if "\n" in body else f"def answer(): {body}", memory=300 << 20)
    within = 0.5 if "x += 1" in body else 20
    assert evidence in refusal(w.call, "answer", returns=[Array("float64", (2,))], within=within).evidence
    assert worker("def answer(): return 'fine'").call("answer") == "fine"


@pytest.mark.parametrize(
    ("task", "evidence"),
    [
        ("def answer(:", "The import of task.py raised an error.\ntask.py:1: SyntaxError"),
        ("import no_such_thing", "task.py:1: ModuleNotFoundError"),
        ("import os; os._exit(0)", "exit status 0"),
        ("raise RuntimeError('at import')", "at import"),
    ],
)
def test_a_task_that_cannot_be_imported_says_where(worker, task, evidence):
    with pytest.raises(Failed) as caught:
        worker(task)
    assert evidence in caught.value.outcome.evidence


def test_the_same_failure_of_trusted_code_is_the_graders_fault(worker):
    w = worker("def answer(): raise ValueError('ours')", trusted=True)
    with pytest.raises(GraderFault, match="ours"):
        w.call("answer")


def test_a_forged_message_on_the_channel_is_no_answer(worker):
    forge = """
        import os, socket, stat
        def answer():
            for fd in range(3, 64):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, b'\\xff\\xff\\xff\\xff{"value": 1}')
                except OSError:
                    pass
            os._exit(0)
        """
    assert "something else than the grader's worker" in refusal(worker(forge).call, "answer").evidence


def test_text_from_a_task_cannot_write_escape_codes(worker):
    w = worker("def answer(): raise ValueError('\\x1b[2J' + 'x' * 5000)")
    evidence = refusal(w.call, "answer").evidence
    assert "\x1b" not in evidence
    assert len(evidence) < 600


@linux
def test_every_worker_is_a_fresh_process_with_fresh_random_numbers(worker):
    task = "import os, random, numpy\ndef answer(): return [os.getpid(), random.random(), numpy.random.rand()]"
    first, second = worker(task).call("answer"), worker(task).call("answer")
    assert all(a != b for a, b in zip(first, second, strict=True))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_as_root_the_worker_is_an_ordinary_user_for_good(worker):
    w = worker(
        """
        import os
        def answer():
            try:
                os.setuid(0)
            except PermissionError:
                return [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()]
        """
    )
    assert w.call("answer") == [WORKER_UID, WORKER_UID, WORKER_UID, []]


def test_the_graders_environment_stays_outside(worker, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "secret")
    fresh = ForkServer(["numpy"])
    try:
        env = worker("import os\ndef answer(): return dict(os.environ)", using=fresh, env={"X": "1"}).call("answer")
    finally:
        fresh.close()
    assert "MY_TOKEN" not in env
    assert env["X"] == "1"
    assert env["HOME"].endswith("scratch/home")


@linux
def test_a_daemon_that_a_task_leaves_behind_is_ended(worker):
    w = worker(
        """
        import os, signal, time
        def answer():
            read, write = os.pipe()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    os.write(write, str(os.getpid()).encode())
                    time.sleep(600)
                os._exit(0)
            return int(os.read(read, 20))
        """
    )
    daemon = w.call("answer")
    assert procs.start_time(daemon) is not None
    w.close()
    assert procs.start_time(daemon) is None


@linux
def test_workers_die_with_the_grader():
    program = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import os, pathlib, tempfile
from grader.worker.spawn import ForkServer
from grader.worker.client import *
folder = pathlib.Path(tempfile.mkdtemp()); folder.chmod(0o755)
(folder / "workload.py").write_text("import os\\ndef pid(): return os.getpid()")
(folder / "task.py").write_text("")
(folder / "s" / "home").mkdir(parents=True)
server = ForkServer(["numpy"])
w = Worker(server, Code(folder, ("workload", "task"), folder / "s", False), Settings())
print(w.call("pid"), server._popen.pid, folder, flush=True)
os.kill(os.getpid(), 9)
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout.split()
    pids = [int(p) for p in out[:2]]
    # The kernel kills them when the grader ends; it may take a moment to tear them down.
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 10)[0], f"process {pid} outlived the grader"
        os.close(fd)


def test_a_cold_worker_answers_like_a_forked_one(worker):
    cold = ForkServer(["numpy"], cold=True)
    w = worker("def answer(x): return x + 1", using=cold)
    assert w.call("answer", 1) == 2
    w.close()
    assert worker("def answer(x): return x + 2", using=cold).call("answer", 1) == 3


def test_cores_and_helpers_are_seen_from_outside(worker):
    w = worker(
        """
        import multiprocessing, os
        pool = None
        def answer(n):
            global pool
            pool = multiprocessing.get_context("fork").Pool(n)
            return len(os.sched_getaffinity(0))
        """,
        cores=(min(os.sched_getaffinity(0)),),
    )
    assert w.call("answer", 3) == 1
    assert len(w.helpers()) == 3


def test_an_error_in_a_loader_worker_names_the_students_line(worker):
    w = worker(
        """
        import torch.utils.data as data
        class Broken(data.Dataset):
            def __len__(self): return 4
            def __getitem__(self, i):
                raise KeyError("no such sample")
        def answer(): return len(list(data.DataLoader(Broken(), num_workers=1)))
        """
    )
    evidence = refusal(w.call, "answer").evidence
    assert "task.py:6: KeyError: KeyError: 'no such sample'" in evidence
    assert 'raise KeyError("no such sample")' in evidence


def test_temporary_files_go_with_the_worker_though_the_server_has_chosen_a_folder(worker):
    """TensorFlow asks for one when it is imported; what it writes there later is the worker's."""
    fresh = ForkServer(["tensorflow"])
    try:
        w = worker("import tempfile\ndef answer(): return tempfile.gettempdir()", using=fresh)
        assert w.call("answer").endswith("/scratch")
    finally:
        fresh.close()


@pytest.mark.parametrize("how", ["seccomp", "inotify"])
def test_opens_are_counted_by_either_mechanism(worker, monkeypatch, tmp_path_factory, how):
    if mechanism() != "seccomp":
        lacks(f"this kernel offers {mechanism()} only")
    monkeypatch.setattr(client, "mechanism", lambda: how)
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    (root / "a").write_text("x")
    w = worker("def answer(path, n):\n for _ in range(n): open(path).close()", watch=root)
    w.call("answer", str(root / "a"), 50)
    assert w.opens().opens == 50
    w.io.reset()
    w.call("answer", str(root / "a"), 2)
    assert w.opens().opens == 2


def test_opens_that_cannot_be_followed_never_pass(worker):
    if mechanism() != "seccomp":
        lacks(f"this kernel offers {mechanism()} only")
    w = worker(
        """
        import ctypes
        def answer(): return ctypes.CDLL(None).syscall(257, -100, 8, 0)  # openat of a path that is no address
        """,
        watch=Path("/tmp"),
    )
    w.call("answer")
    assert "could not be followed" in refusal(w.opens).evidence


@pytest.mark.parametrize("answer", ["float('nan')", "[1.0, float('nan')]", "{'a': [float('nan')]}"])
def test_nan_is_no_answer(worker, answer):
    with pytest.raises(Failed, match="answered nan"):
        worker(f"def answer(): return {answer}").call("answer")


def test_infinity_is_an_answer(worker):
    assert worker("def answer(): return [float('inf'), None, True, 'nan']").call("answer") == [
        math.inf,
        None,
        True,
        "nan",
    ]
