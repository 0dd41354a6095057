"""Hand-ins that aim at the grader itself: each ends with a verdict on the student, and the grader goes on."""

import os
import sys
import time

import pytest

from grader import results
from grader.verdict import Failed
from grader.worker.client import Array

pytestmark = pytest.mark.alone

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


def refusal(call, *args, **kwargs):
    with pytest.raises(Failed) as caught:
        call(*args, **kwargs)
    return caught.value.outcome


FORGED = """
    import grader.worker.child as child
    child._write = lambda *_: [{"dtype": "\\ud800\\x1b[2J", "shape": [1]}]
    def answer(): return 1
    """
DRIP = """
    import os, struct, time
    def answer():
        for fd in range(3, 64):
            try:
                os.write(fd, struct.pack(">I", 1000))
            except OSError:
                continue
        while True:
            time.sleep(0.05)
            for fd in range(3, 64):
                try:
                    os.write(fd, b" ")
                except OSError:
                    continue
    """


def test_a_forged_dtype_reaches_nobody_as_control_or_half_characters(worker):
    """Half characters stay in the text until results.json is made; there they are replaced."""
    outcome = refusal(worker(FORGED).call, "answer", returns=[Array("float64", (1,))])
    entry = {"points": 1}
    results.record(entry, outcome, 0.0)
    assert "\x1b" not in entry["evidence"]
    entry["evidence"].encode()


def test_a_reply_in_drips_does_not_stretch_its_deadline(worker):
    start = time.monotonic()
    assert "did not end within 1 s" in refusal(worker(DRIP).call, "answer", within=1).evidence
    assert time.monotonic() - start < 30  # 1000 bytes at 50 ms each would take 50 s


@pytest.mark.parametrize(
    ("task", "evidence"),
    [
        ("import os\ndef answer(): os.kill(os.getpid(), 40)", "signal 40"),
        ("class E(Exception):\n def __str__(self): raise ValueError\ndef answer(): raise E", "task.py:3: E: (its text"),
        ("def answer(): raise KeyError('Traceback (most recent call last):')", "KeyError"),
    ],
)
def test_odd_endings_are_the_students_and_readable(worker, task, evidence):
    assert evidence in refusal(worker(task).call, "answer").evidence


@linux
def test_a_process_with_a_name_that_is_no_text_is_watched_as_well(worker):
    w = worker(
        """
        import ctypes
        def answer():
            ctypes.CDLL(None).prctl(15, b"\\xff\\xfe", 0, 0, 0)
            hoard = []
            while True:
                hoard.append(bytearray(1 << 24))
        """,
        memory=200 << 20,
    )
    assert "0.2 GiB are allowed" in refusal(w.call, "answer").evidence


FORKS = """
import os, time
HELD = bytearray(os.urandom(1 << 20)) * 100
def answer(forks, mebibytes, seconds):
    for _ in range(forks):
        if not os.fork():
            mine = bytearray(mebibytes << 20)
            time.sleep(60)
    time.sleep(seconds)
    return "done"
"""


@linux
def test_memory_that_children_share_with_their_parent_counts_once(worker):
    assert (
        worker(FORKS, memory=600 << 20).call("answer", 8, 1, 2) == "done"
    )  # eight times its 100 MiB would be too much


@linux
def test_children_that_take_too_much_end_with_the_worker_and_that_is_said(worker):
    w = worker(FORKS, memory=600 << 20)
    begin = time.monotonic()
    assert "0.6 GiB are allowed" in refusal(w.call, "answer", 1, 1000, 60, within=60).evidence
    assert time.monotonic() - begin < 30  # nobody waited for the child, which has the channel too


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give them different users")
def test_a_hand_in_cannot_touch_a_trusted_worker(worker):
    trusted = worker("import os\ndef answer(): return os.getpid()", trusted=True)
    task = """
        import os
        def answer(pid):
            try:
                os.kill(pid, 9)
            except PermissionError:
                return "refused"
        """
    assert worker(task).call("answer", trusted.call("answer")) == "refused"
    assert trusted.call("answer")


def test_a_module_of_the_assignment_is_found_before_an_installed_one_of_its_name(worker):
    w = worker("import colorsys\ndef answer(): return colorsys.MINE", beside={"colorsys.py": "MINE = 7"})
    assert w.call("answer") == 7
