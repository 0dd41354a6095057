"""What is seen of a machine while a pair is timed, and when that makes it unfair."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader import conditions, load, machine, quiet

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[1]


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_neighbours_see_others_and_not_ourselves():
    neighbours = quiet.Neighbours()
    spin(0.5)
    ours = neighbours.share()
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    try:
        monitor = quiet.Neighbours()
        monitor._own_s = lambda: 0.0  # as if it were not ours
        spin(0.5)
        assert monitor.share() > ours
    finally:
        other.kill()
        other.wait()


def runs_bursts(cmdline):
    try:
        return load._BURSTS.encode() in cmdline.read_bytes()
    except OSError:  # it has ended
        return False


def test_planted_bursts_count_as_others_and_end_with_their_context():
    with load.bursts(2):
        watch = conditions.Conditions()
        while watch.end()["others"] <= quiet.LIMIT:  # ends as soon as one is busy; the suite's own limit is the end
            time.sleep(0.1)
        planted = [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if runs_bursts(path)]
    assert planted
    for process in planted:
        while process.exists():
            time.sleep(0.05)


def test_a_quota_that_was_used_up_is_read_from_every_group_above(monkeypatch, tmp_path):
    own = Path("/proc/self/cgroup").read_text().partition("::")[2].splitlines()[0].strip("/")
    monkeypatch.setattr(conditions, "_CGROUPS", tmp_path)
    folder = tmp_path / own
    folder.mkdir(parents=True, exist_ok=True)
    for place in {folder, tmp_path}:
        (place / "cpu.stat").write_text("usage_usec 5\nnr_throttled 2\nthrottled_usec 1500000\n")
    assert conditions.throttled_s() == 1.5 * len({folder, tmp_path})


def test_a_cold_file_shows_as_bytes_from_storage():
    path = ROOT / "build" / "cold"
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_bytes(os.urandom(4 << 20))
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            before = conditions.disk_bytes()
            file.read()
        if os.statvfs(path).f_bsize and "tmpfs" not in _filesystem(path):
            assert conditions.disk_bytes() - before >= 4 << 20
    finally:
        path.unlink()


def _filesystem(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"others": 0.05, "throttled_s": 0.0}, ""),
        ({"others": 0.2, "throttled_s": 0.0}, "other programs used these cores"),
        ({"others": 0.0, "throttled_s": 0.3}, "the CPU quota of this job was used up"),
        ({"others": 0.0, "throttled_s": 0.0, "gpu": {"processes": 1}}, "other programs used the GPU"),
        ({"others": 0.0, "throttled_s": 0.0, "gpu": {"processes": 0, "reasons": 0x44}}, "the GPU lowered its clock"),
        ({"others": 0.0, "throttled_s": 0.0, "gpu": {"processes": 0, "reasons": 0x05}}, ""),
    ],
)
def test_what_makes_a_pair_unfair(seen, reason):
    assert conditions._unfair(seen, 1.0, quiet.LIMIT) == reason


def test_where_both_sides_have_one_core_others_slow_both_alike():
    with load.bursts(2):
        spin(0.2)
        watch = conditions.Conditions(one_core=True)
        while watch._neighbours.share() <= quiet.LIMIT:
            time.sleep(0.1)
        seen = watch.end()
    assert seen["others"] > quiet.LIMIT
    assert "unfair" not in seen


@pytest.mark.parametrize(
    ("visible", "words"),
    [
        ("2", ["-i", "2"]),
        ("GPU-8f2a-11, 3", ["-i", "GPU-8f2a-11,3"]),
        ("MIG-8f2a", []),  # nvidia-smi knows the card, not the slice
        (None, []),
    ],
)
def test_nvidia_smi_is_asked_about_the_gpus_that_are_ours(monkeypatch, visible, words):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.chosen_gpus() == words


def test_the_gpu_is_read_as_nvidia_smi_prints_it(monkeypatch, tmp_path):
    """There is none here: this is the form of its answers, by a stand-in of the program."""
    smi = tmp_path / "nvidia-smi"
    smi.write_text(
        "#!/bin/sh\ncase $1 in *compute-apps*) echo 4242; echo $PPID;; *) echo '1410, 53, 0x0000000000000004';; esac\n"
    )
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert conditions.gpu_state() == {"mhz": 1410, "celsius": 53, "reasons": 4, "processes": 1}
    monkeypatch.setattr(machine, "gpus", lambda: ("NVIDIA A100",))
    assert conditions.Conditions().end()["unfair"] == "other programs used the GPU"
