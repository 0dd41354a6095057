"""Rank groups on real gloo: torchrun's environment, one end for all, and where everybody stood when it hangs."""

import shutil
import socket
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from grader import machine
from grader.verdict import Failed, GraderFault
from grader.worker import procs
from grader.worker.client import Code, Settings
from grader.worker.protocol import Array
from grader.worker.ranks import Ranks
from grader.worker.spawn import ForkServer
from tests.conftest import world_folder

pytestmark = pytest.mark.alone

WORKLOAD = """
    import os
    import numpy as np
    import task

    def __getattr__(name):
        return getattr(task, name)

    def answer(*args):
        return task.answer(*args)

    def environment(names):
        return {name: os.environ[name] for name in names}
    """
JOINED = """
    import os, sys, time
    import torch
    import torch.distributed as dist
    dist.init_process_group("gloo")
    rank = dist.get_rank()

    """


@pytest.fixture(scope="module")
def torch_server():
    server = ForkServer(["torch"])
    yield server
    server.close()


@pytest.fixture
def ranks(torch_server):
    folder, started = world_folder(), []

    def start(count, task, *, trusted=False, joined=True, **settings):
        (folder / "workload.py").write_text(textwrap.dedent(WORKLOAD))
        (folder / "task.py").write_text((textwrap.dedent(JOINED) if joined else "") + textwrap.dedent(task))
        scratch = folder / "scratch"
        (scratch / "home").mkdir(parents=True)
        for path in (scratch, scratch / "home"):
            path.chmod(0o777)
        code = Code(folder, ("workload", "task"), scratch, trusted)
        started.append(Ranks(torch_server, code, count, Settings(**settings)))
        return started[-1]

    yield start
    for group in started:
        group.close()
    shutil.rmtree(folder)


def line_of(text, task):
    """The number of the line with this text in the task file that `ranks` writes."""
    lines = (textwrap.dedent(JOINED) + textwrap.dedent(task)).splitlines()
    return next(i for i, line in enumerate(lines, 1) if text in line)


def refusal(group, *args, **kwargs):
    with pytest.raises(Failed) as caught:
        group.call(*args, **kwargs)
    return caught.value.outcome


def test_all_ranks_meet_in_a_collective_and_answer_in_order(ranks):
    group = ranks(3, "def answer(x): t = torch.tensor(x) + rank; dist.all_reduce(t); return rank, t.numpy()")
    returns = [Array("int64", ()), Array("float32", (2,))]
    answers = group.call("answer", np.array([1, 2], np.float32), returns=returns)
    assert [int(rank) for rank, _ in answers] == [0, 1, 2]
    assert all(np.array_equal(total, [6, 9]) for _, total in answers)
    assert len(group) == 3


def test_a_rank_sees_what_torchrun_would_tell_it(ranks):
    names = ["RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "OMP_NUM_THREADS"]
    found = ranks(2, "", joined=False).call("environment", names)
    assert [[each[name] for name in names] for each in found] == [
        ["0", "0", "2", "2", "127.0.0.1", "1"],
        ["1", "1", "2", "2", "127.0.0.1", "1"],
    ]


def test_each_rank_has_a_core_of_its_own_where_there_are_enough(ranks):
    task = "import os, torch\ndef answer(): return sorted(os.sched_getaffinity(0)), torch.get_num_threads()"
    found = ranks(2, task, joined=False).call("answer")
    cores = machine.cores()
    assert found == [[[cores[rank % len(cores)]], 1] for rank in range(2)]


def test_ranks_share_a_folder_and_listen_to_this_machine_alone(ranks):
    group = ranks(
        2,
        """
        def answer():
            if rank == 0:
                open("from_rank_0", "w").close()
            dist.barrier()
            return os.path.exists("from_rank_0"), os.getpid()
        """,
    )
    answers = group.call("answer")
    assert [seen for seen, _ in answers] == [True, True]
    for _, pid in answers:
        assert all(address in ("127.0.0.1", "::1", "::ffff:127.0.0.1") for address in peers(pid))


def peers(pid):
    """Remote addresses of a process's open connections (proc_net_tcp(5))."""
    links = " ".join(str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink())
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[9]}]" in links and fields[3] == "01":
            yield socket.inet_ntoa(bytes.fromhex(fields[2].partition(":")[0])[::-1])


@pytest.mark.parametrize("count", [2, 4])
def test_traffic_of_an_all_reduce_is_what_a_ring_moves(ranks, count):
    """A ring sends 2 (n - 1) / n of the data from every rank (Patarasuk and Yuan 2009); seen from outside."""
    group = ranks(count, "def answer(size): dist.all_reduce(torch.ones(size)); dist.barrier()")
    group.call("answer", 1)
    before, size = group.sent_bytes(), 1 << 20
    group.call("answer", size)
    sent = [after - earlier for earlier, after in zip(before, group.sent_bytes(), strict=True)]
    assert sent == pytest.approx([4 * size * 2 * (count - 1) / count] * count, rel=0.02)


def test_traffic_is_counted_while_sockets_come_and_go(ranks):
    group = ranks(
        2,
        """
        import socket, threading
        def churn():
            while True:
                for one in [socket.socket() for _ in range(100)]:
                    one.close()
        threading.Thread(target=churn, daemon=True).start()
        def answer(): return rank
        """,
    )
    before = group.sent_bytes()
    for _ in range(200):
        assert group.sent_bytes() >= before


def test_traffic_does_not_grow_by_itself(ranks):
    group = ranks(2, "def answer(): return rank")
    before = acknowledged(group)
    group.call("answer")
    assert acknowledged(group) == before


def acknowledged(group):
    """What was sent when all of it has been acknowledged, for which TCP takes up to 200 ms."""
    last, since = group.sent_bytes(), time.monotonic()
    while time.monotonic() < since + 0.5:
        if (now := group.sent_bytes()) != last:
            last, since = now, time.monotonic()
        time.sleep(0.02)
    return last


def test_peak_memory_is_each_rank_s_own_and_begins_afresh(ranks):
    group = ranks(
        2,
        """
        def answer(size):
            held = torch.ones(rank * size, dtype=torch.uint8)
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                pass
        """,
    )
    group.call("answer", 0)
    owned, size = group.reset_peak(), 100 << 20
    group.call("answer", size)
    grown = [peak - before for peak, before in zip(group.peak_bytes(), owned, strict=True)]
    assert grown == pytest.approx([0, size], abs=5 << 20)
    group.reset_peak()
    group.call("answer", 0)
    assert max(group.peak_bytes()) < max(owned) + (5 << 20)


FAILS = """
    def answer():
        if rank == 1:
            raise ValueError("no data on this rank")
        dist.barrier()
    """


def test_a_rank_that_raises_ends_the_group_and_is_named(ranks):
    group = ranks(2, FAILS)
    pids = [worker._process.pid for worker in group._workers]
    told = refusal(group, "answer", within=20)
    assert told.evidence.startswith("Rank 1: answer() raised an error.")
    assert "ValueError: no data on this rank" in told.evidence
    assert told.line == line_of("raise ValueError", FAILS)
    assert not any(procs.command(pid) for pid in pids)


def test_a_rank_that_leaves_is_the_cause_and_its_peers_are_not(ranks):
    group = ranks(3, "def answer():\n    if rank == 2: os._exit(7)\n    dist.all_reduce(torch.ones(9))")
    assert refusal(group, "answer", within=20).evidence == "Rank 2: The process left during answer() (exit status 7)."


HANGS = """
    def answer():
        if rank == 0:
            dist.all_reduce(torch.ones(4))
        elif rank == 1:
            while True:
                time.sleep(0.01)
    """


def test_a_hang_is_ended_by_its_deadline_and_says_where_each_rank_stands(ranks):
    told = refusal(ranks(3, HANGS), "answer", within=2)
    assert told.evidence.splitlines() == [
        "answer() did not end within 2 s on 2 of 3 ranks and was stopped.",
        f"rank 0: task.py:{line_of('dist.all_reduce', HANGS)}, in all_reduce",
        f"rank 1: task.py:{line_of('time.sleep', HANGS)}",
        "rank 2: ended",
    ]
    assert "not all ranks reach the same collective" in told.cause


def test_a_hang_in_a_recv_is_not_taken_for_a_collective(ranks):
    task = "def answer():\n    if rank: dist.recv(torch.ones(4), src=0)"
    told = refusal(ranks(2, task), "answer", within=2)
    assert told.evidence.endswith(f"rank 1: task.py:{line_of('dist.recv', task)}, in recv")
    assert "a recv without its send" in told.cause


def test_a_function_that_waits_inside_is_named_and_not_its_decorators(ranks):
    task = """
    import tempfile
    import torch.distributed.checkpoint as dcp
    def answer():
        if rank == 0:
            dcp.save({"w": torch.ones(4)}, checkpoint_id=tempfile.mkdtemp())
    """
    told = refusal(ranks(2, task), "answer", within=5)
    assert told.evidence.splitlines()[1:] == [f"rank 0: task.py:{line_of('dcp.save', task)}, in save", "rank 1: ended"]


def test_ranks_that_hang_at_the_same_place_share_a_line(ranks):
    task = "def answer():\n    while True: pass"
    told = refusal(ranks(3, task), "answer", within=1)
    assert told.evidence.splitlines()[1:] == [f"ranks 0, 1, 2: task.py:{line_of('while True', task)}"]


def test_a_group_that_cannot_be_imported_says_so_for_one_rank(ranks):
    with pytest.raises(Failed, match=r"Rank 0: The import of task.py raised an error"):
        ranks(2, "1 / 0", joined=False)


def test_a_broken_group_cannot_be_called_again(ranks):
    group = ranks(2, FAILS)
    refusal(group, "answer", within=20)
    with pytest.raises(GraderFault, match="has ended"):
        group.call("answer")


def test_the_course_s_own_code_is_the_grader_s_fault(ranks):
    with pytest.raises(GraderFault, match="no data on this rank"):
        ranks(2, FAILS, trusted=True).call("answer", within=20)
