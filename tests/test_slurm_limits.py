"""A class on a private Slurm that refuses, does not answer or costs too much; tasks that stay open; a full disk."""

import os
import pty
import re
import subprocess

import pytest

from tests.private_slurm import Accounting, Shape
from tests.slurm_class import ACCOUNT, Class, wait_for


def test_what_a_site_cannot_take_at_once_is_sent_one_after_the_other(klass):
    mine = klass(5, array=2)
    assert mine.run("--throttle", "5").returncode == 0
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 3


def test_a_verdict_that_stays_open_is_said_and_the_command_resumes(klass, course):
    mine = klass(2)
    test = course.folder / "assignments/01_toy/test_torch.py"
    right = test.read_text()
    broken = right.replace('raise Failed("2 and 3 is 5.")', 'raise OSError("the node is broken")')
    test.write_text(broken.replace("!= 5", "== 5"))
    answer = mine.run()
    assert answer.returncode == 1
    said = re.sub(r"\s+", " ", answer.stdout)
    assert "checks without a verdict (the grader's fault). Run the same command again." in said
    assert len(mine.slurm.calls("sbatch")) == 3
    test.write_text(right)
    assert mine.run().returncode == 0
    assert mine.verdicts() == mine.expected


def test_tasks_that_cannot_start_are_not_sent_again_and_their_log_is_quoted(klass, course):
    mine = klass(2)
    course.write("node/bin/activate", f"export PATH={course.folder}/node/bin:$PATH\n")
    course.write("node/bin/python", "#!/bin/sh\necho no such module: grader\nexit 1\n").chmod(0o755)
    answer = mine.run(EXERCISES_VENV=str(course.folder / "node"))
    assert answer.returncode == 2
    assert "no such module: grader" in answer.stderr
    assert len(mine.slurm.calls("sbatch")) == 1
    assert mine.run().returncode == 0
    mine.assert_graded_once()


def test_what_a_node_without_its_gpus_got_is_sent_again(klass, course):
    once = course.folder / "once"
    breaks = f"if mkdir {once}; then unset CUDA_VISIBLE_DEVICES; fi"  # in one step: two tasks start at once
    mine = klass(4, setup=[breaks])
    answer = mine.run("--throttle", "2")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 2
    log = next(text for text in (path.read_text() for path in mine.out.glob("jobs/*_log.out")) if "bad " in text)
    assert "expected 1 stand-ins for GPUs, found 0 in CUDA_VISIBLE_DEVICES" in log


def test_many_gpu_hours_are_not_sent_without_a_question(klass, course):
    mine = klass(2)
    toml = course.folder / "assignments/01_toy/assignment.toml"
    toml.write_text(toml.read_text().replace("minutes = 5", "minutes = 5\ngpu_minutes = 900"))
    answer = mine.run()
    assert answer.returncode == 2
    assert "about 30 GPU hours" in answer.stdout
    assert "--yes" in answer.stderr
    assert not mine.slurm.calls("sbatch")
    for key in ("n\n", "\n", "\x04"):  # the last is Ctrl-D
        code, said = at_a_terminal(mine, key)
        assert (code, said.splitlines()[-1]) == (2, "grader: nothing was sent"), said
    assert not mine.slurm.calls("sbatch")
    code, said = at_a_terminal(mine, "y\n")
    assert code == 0, said
    mine.assert_graded_once()


def at_a_terminal(mine, keys):
    """Run a head on a terminal, press `keys` when it asks; its exit status and what it showed."""
    control, terminal = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    with subprocess.Popen(mine.command(), cwd=mine.course.folder, env=mine.env(TERM="dumb"), **streams) as head:
        os.close(terminal)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(control, 4096)
        os.write(control, keys.encode())
        while data := read(control):
            said += data
    os.close(control)
    return head.returncode, said.decode().replace("\r", "")


def read(control):
    """What a terminal shows; empty when nobody has it open any more, which Linux calls an error."""
    try:
        return os.read(control, 4096)
    except OSError:
        return b""


def test_without_slurm_it_says_what_works(klass, course):
    mine = klass(1)
    answer = mine.run(PATH="/nonexistent")
    assert answer.returncode == 2
    assert "this machine has no Slurm" in answer.stderr
    assert "pytest assignments/NN" in answer.stderr


def test_where_slurms_commands_know_no_cluster_nothing_is_waited_for(klass):
    mine = klass(1)
    env = {name: value for name, value in mine.env().items() if name != "SLURM_CONF"}
    options = {"capture_output": True, "text": True, "timeout": 60}
    answer = subprocess.run(mine.command(), cwd=mine.course.folder, env=env, check=False, **options)
    assert answer.returncode == 2
    assert "belongs to no cluster" in answer.stderr, answer.stderr
    assert mine.array() is None


def test_without_an_account_nothing_is_sent(klass):
    mine = klass(1)
    answer = mine.run("--account", "")
    assert answer.returncode == 2
    assert "Give your project: --account" in answer.stderr
    assert not mine.slurm.calls("sbatch")


def test_a_wrong_account_is_one_message_and_nothing_is_left(klass):
    mine = klass(1)
    answer = mine.run("--account", "mine")
    assert answer.returncode == 2
    assert "Slurm refuses the account" in answer.stderr
    assert "mine" in answer.stderr
    assert mine.array() is None
    assert mine.run().returncode == 0


def test_a_controller_that_does_not_answer_is_waited_for(klass):
    mine = klass(2)
    mine.slurm.kill_controller()
    head = mine.start(PYTHONUNBUFFERED="1")
    said = ""
    while "does not answer" not in said:
        line = head.stdout.readline()
        assert line, said
        said += line
    mine.slurm.start_controller()
    head.communicate(timeout=120)
    assert head.returncode == 0
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def test_an_array_too_large_for_slurm_names_the_profile(course, start_slurm):
    with start_slurm(Shape(max_array_size=2)) as small:
        mine = Class(course, small, 3)
        answer = mine.run("--throttle", "3")
        assert answer.returncode == 2
        assert "array" in answer.stderr
        assert "Lower `array` in its profile" in re.sub(r"\s+", " ", answer.stderr)
        mine.profile(array=2)
        assert mine.run("--throttle", "3").returncode == 0
        mine.assert_graded_once()


def test_what_the_accounts_database_refuses_is_one_message_and_the_command_goes_on(course, start_slurm):
    """A project that is not one's own, and more jobs at a time than the project's limit."""
    with start_slurm(Shape(accounting=Accounting((ACCOUNT,), max_submit_jobs=2))) as slurm:
        mine = Class(course, slurm, 3)
        other = mine.run("--account", "naiss2024-9-9")
        assert (other.returncode, "Slurm refuses the account" in other.stderr) == (2, True), other.stderr
        many = mine.run("--throttle", "3")
        assert (many.returncode, "often the number of jobs" in many.stderr) == (2, True), many.stderr
        assert "AssocMaxSubmitJobLimit" in many.stderr
        assert len(many.stderr.splitlines()) <= 6
        assert not mine.array()
        assert not mine.saved()
        mine.profile(array=2, setup=["trap 'sleep 3' EXIT"])  # tasks whose work is done still count as jobs
        again = mine.run("--throttle", "3")
        assert again.returncode == 0, again.stderr
        mine.assert_graded_once()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_loses_nothing(klass):
    mine = klass(3, pause=0.5)
    mine.out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mine.out], check=True)
    try:
        head = mine.start()
        mine.job()
        wait_for(mine.saved)
        (mine.out / ".filler").touch()
        subprocess.run(["dd", "if=/dev/zero", f"of={mine.out}/.filler", "bs=4k"], check=False, capture_output=True)
        said, _ = head.communicate()
        assert "Traceback" not in said
        assert head.returncode in (1, 2), said
        (mine.out / ".filler").unlink()
        assert mine.run().returncode == 0
        mine.assert_graded_once()
    finally:
        wait_for(lambda: not mine.slurm.run("squeue", "-h").stdout)
        subprocess.run(["umount", mine.out], check=True)
