"""A class as a job array on a private Slurm: as graded here, whatever breaks meanwhile, and nothing twice."""

import os
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.private_slurm import PrivateSlurm, Shape
from tests.slurm_class import ALL, Class, cheap_venv, wait_for


@pytest.fixture
def klass(course, slurm):
    """Makes a class of `count`; checks take `pause` seconds longer; further words change the site's profile."""
    return lambda count, pause=0.0, **profile: Class(course, slurm, count, pause, **profile)


def running(klass, job):
    """The tasks of a job that run, and on which node: {"7_0": "a100-1"}."""
    said = klass.slurm.run("squeue", "-h", "-r", "-j", job, "-t", "running", "-o", "%i %N").stdout
    return dict(line.split() for line in said.splitlines())


def test_an_array_gives_what_grading_here_gives(klass):
    mine = klass(6)
    here = mine.course.run("grader", "grade", "class", "--out", "here")
    assert here.returncode == 0, here.stderr
    (mine.course.folder / "diary").unlink()
    answer = mine.run("--throttle", "3")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    there, mine.out = mine.out, mine.course.folder / "here"
    assert mine.verdicts() == mine.expected
    mine.out = there
    mine.assert_graded_once()
    (sent,) = mine.slurm.calls("sbatch")
    assert "--array=0-2%3" in next(mine.out.glob("jobs/*_submission.sh")).read_text(), sent
    assert not mine.slurm.calls("sacct")
    rows = (mine.out / "ledger.csv").read_text().splitlines()
    assert rows[0] == "id,assignment,framework,check,verdict,seconds,gpu_hours,gpu"
    assert len(rows) == 1 + 12
    before = {p: p.stat().st_mtime_ns for p in mine.out.glob("*/*/results.json")}
    assert mine.run().returncode == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert len(mine.slurm.calls("sbatch")) == 1


def test_no_name_reaches_what_others_can_see(klass):
    mine = klass(3, pause=1)
    head = mine.start()
    job = mine.job()
    wait_for(lambda: mine.saved() >= 2)
    seen = mine.slurm.run("squeue", "-a", "-o", "all").stdout + mine.slurm.run("scontrol", "show", "job", job).stdout
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        if int(path.parts[2]) not in (head.pid, os.getpid()):
            try:
                seen += path.read_bytes().decode("utf-8", "replace")
            except OSError:  # it has ended
                continue
    head.communicate()
    for path in mine.out.rglob("*"):
        seen += str(path)
        if path.is_file() and path.name != "students.json":
            seen += path.read_bytes().decode("utf-8", "replace")
    assert "run_task" in seen or "submitit" in seen
    assert "berg" not in seen
    assert mine.out.stat().st_mode & 0o77 == 0


def test_the_python_is_the_profiles_not_the_heads(klass, course):
    mine = klass(1)
    venv = cheap_venv(course.folder / "node")
    assert mine.run(EXERCISES_VENV=str(venv)).returncode == 0
    (result,) = mine.out.glob("*/*/results.json")
    assert f'"by {venv}"' in result.read_text()


# --- what breaks ---


def break_node(mine, job):
    task, node = next(iter(wait_for(lambda: running(mine, job)).items()))
    mine.slurm.set_node(node, "down")
    wait_for(lambda: task not in running(mine, job))
    mine.slurm.set_node(node, "resume")


def cancel_task(mine, job):
    mine.slurm.run("scancel", next(iter(wait_for(lambda: running(mine, job)))))


def preempt(mine, job):
    wait_for(lambda: running(mine, job))
    urgent = mine.slurm.submit("#!/bin/sh\ntrue\n", *"-A naiss2024-1-2 -t 5 -N 4 --exclusive --gpus-per-node=1".split())
    mine.slurm.wait_for(urgent)


def restart_controller(mine, job):
    mine.slurm.kill_daemon("slurmctld")
    mine.slurm.start_controller()


BREAKS = (break_node, cancel_task, preempt, restart_controller)


@pytest.mark.parametrize("breaks", BREAKS)
def test_after_a_failure_nothing_is_missing_and_nothing_ran_twice(klass, breaks):
    mine = klass(6, pause=0.5, partition="spare")
    head = mine.start("--throttle", "3")
    job = mine.job()
    wait_for(lambda: mine.saved() >= 2)
    breaks(mine, job)
    said, _ = head.communicate(timeout=200)
    assert head.returncode == 0, said
    mine.assert_graded_once()


def test_a_killed_head_finds_its_array_again(klass):
    mine = klass(6, pause=0.5)
    head = mine.start("--throttle", "3")
    job = mine.job()
    wait_for(lambda: mine.saved() >= 2)
    mine.kill(head)
    answer = mine.run()
    assert f"Going on with job {job}" in answer.stdout
    assert answer.returncode == 0, answer.stdout + answer.stderr
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_killed_between_sbatch_and_its_answer_the_array_is_found_by_name(klass, count):
    mine = klass(count)
    for node in mine.slurm.node_states():
        mine.slurm.set_node(node, "drain")
    head = mine.start()
    job = mine.job()
    mine.kill(head)
    # As it is when the kill comes before sbatch has answered: no number, and no arguments where tasks look for them.
    path = mine.out / "jobs/array.json"
    path.write_text(path.read_text().replace(f'"job": "{job}"', '"job": ""'))
    for pickle in mine.out.glob("jobs/*_submitted.pkl"):
        pickle.unlink()
    for node in mine.slurm.node_states():
        mine.slurm.set_node(node, "resume")
    answer = mine.run()
    assert answer.returncode == 0, answer.stdout + answer.stderr
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def test_killed_before_sbatch_it_is_sent_once(klass):
    mine = klass(2)
    head = mine.start(PATH=f"{slow_sbatch(mine)}:{mine.env()['PATH']}")
    wait_for(mine.array)
    mine.kill(head)
    answer = mine.run()
    assert answer.returncode == 0, answer.stdout + answer.stderr
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def slow_sbatch(mine):
    """A folder with an sbatch that never answers, and does nothing."""
    mine.course.write("slow/sbatch", "#!/bin/sh\nexec sleep 60\n").chmod(0o755)
    return mine.course.folder / "slow"


def test_a_stopped_head_says_how_to_cancel_and_the_tasks_go_on(klass):
    mine = klass(4, pause=0.5)
    head = mine.start()
    job = mine.job()
    wait_for(mine.saved)
    head.send_signal(signal.SIGINT)
    said, _ = head.communicate()
    assert f"scancel {job}" in said
    assert "the same command goes on" in said
    assert head.returncode == 130
    here = mine.course.run("grader", "grade", "class", "--out", "out")
    assert (here.returncode, f"scancel {job}" in here.stderr) == (2, True), here.stderr
    mine.slurm.wait_for(job)
    assert mine.run().returncode == 0
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def test_all_of_it_together_over_twenty(klass):
    mine = klass(20, pause=0.4, partition="spare", array=4)
    rng = random.Random(4)
    head = mine.start("--throttle", "4")
    for number, breaks in enumerate(rng.sample(BREAKS, len(BREAKS))):
        job = mine.job()
        wait_for(lambda target=5 * (number + 1): mine.saved() >= target)
        if number % 2:
            mine.kill(head)
        if mine.array():
            breaks(mine, job)
        if number % 2:
            head = mine.start("--throttle", "4")
    said, _ = head.communicate(timeout=200)
    assert head.returncode == 0, said
    mine.assert_graded_once()


# --- limits, refusals ---


def test_what_a_site_cannot_take_at_once_is_sent_one_after_the_other(klass):
    mine = klass(5, array=2)
    assert mine.run("--throttle", "5").returncode == 0
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 3


def test_a_verdict_that_stays_open_is_said_and_the_command_resumes(klass, course):
    mine = klass(2)
    test = course.folder / "assignments/01_toy/test_torch.py"
    right = test.read_text()
    test.write_text(right.replace("        time.sleep", "        raise OSError('the node is broken')\n        time.sleep", 1))
    broken = right.replace('raise Failed("2 and 3 is 5.")', 'raise OSError("the node is broken")')
    test.write_text(broken.replace("!= 5", "== 5"))
    answer = mine.run()
    assert answer.returncode == 1
    assert "checks without a verdict (the grader's fault). Run the same command again." in re.sub(r"\s+", " ", answer.stdout)
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


def test_many_gpu_hours_are_not_sent_without_a_question(klass, course):
    mine = klass(2)
    toml = course.folder / "assignments/01_toy/assignment.toml"
    toml.write_text(toml.read_text().replace("minutes = 5", "minutes = 5\ngpu_minutes = 900"))
    answer = mine.run()
    assert answer.returncode == 2
    assert "about 30 GPU hours" in answer.stdout
    assert "--yes" in answer.stderr
    assert not mine.slurm.calls("sbatch")
    assert mine.run("--yes").returncode == 0


def test_without_slurm_it_says_what_works(klass, course):
    mine = klass(1)
    answer = mine.run(PATH="/nonexistent")
    assert answer.returncode == 2
    assert "this machine has no Slurm" in answer.stderr
    assert "pytest assignments/NN" in answer.stderr


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
    mine.slurm.kill_daemon("slurmctld")
    head = mine.start(PYTHONUNBUFFERED="1")
    said = ""
    while "does not answer" not in said:
        assert (line := head.stdout.readline()), said
        said += line
    mine.slurm.start_controller()
    head.communicate(timeout=120)
    assert head.returncode == 0
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def test_an_array_too_large_for_slurm_names_the_profile(course):
    with PrivateSlurm(Shape(max_array_size=2)) as small:
        mine = Class(course, small, 3)
        answer = mine.run("--throttle", "3")
        assert answer.returncode == 2
        assert "array" in answer.stderr
        assert "Lower `array` in its profile" in re.sub(r"\s+", " ", answer.stderr)
        mine.profile(array=2)
        assert mine.run("--throttle", "3").returncode == 0
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
        subprocess.run(["umount", mine.out], check=True)
