"""A class as a job array on a private Slurm: as graded here, whatever breaks meanwhile, and nothing twice."""

import contextlib
import os
import random
import re
import signal
from pathlib import Path

import pytest

from tests.slurm_class import ACCOUNT, NONE, WRONG, cheap_venv, wait_for


def test_an_array_gives_what_grading_here_gives(klass):
    mine = klass(6)
    here = mine.course.run("grader", "grade", "class", "--out", "here")
    assert here.returncode == 0, here.stderr
    (mine.course.folder / "diary").unlink()
    answer = mine.run("--throttle", "3")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"\d tasks? running", answer.stdout)
    assert "about 0.5 GPU hours" in answer.stdout
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
    wait_for(mine.saved)
    with mine.held():
        wait_for(mine.at_work)
        seen = mine.slurm.run("squeue", "-a", "-o", "all").stdout
        seen += mine.slurm.run("scontrol", "show", "job", job).stdout
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            if int(path.parts[2]) not in (head.pid, os.getpid()):
                with contextlib.suppress(OSError):  # it has ended
                    seen += path.read_bytes().decode("utf-8", "replace")
    head.communicate()
    mine.slurm.wait_for(job)
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


def break_node(mine):
    task, node = next(iter(mine.at_work().items()))
    mine.slurm.set_node(node, "down")
    wait_for(lambda: mine.at_work().get(task) != node)
    mine.slurm.set_node(node, "resume")


def restarts(mine, job):
    """How often Slurm has started tasks of a job again."""
    return sum(
        map(int, mine.slurm.run("squeue", "-h", "-r", "-t", "all", "-j", job, "-O", "RestartCnt").stdout.split())
    )


def cancel_task(mine):
    mine.slurm.run("scancel", next(iter(mine.at_work())))


def preempt(mine):
    options = ("-A", ACCOUNT, "-t", "5", "-N", "4", "--exclusive", "--gpus-per-node=1", "-o", "/dev/null")
    urgent = mine.slurm.submit("#!/bin/sh\ntrue\n", *options)
    mine.slurm.wait_for(urgent)


def restart_controller(mine):
    mine.slurm.kill_controller()
    mine.slurm.start_controller()


BREAKS = (break_node, cancel_task, preempt, restart_controller)


@pytest.mark.parametrize("breaks", BREAKS)
def test_after_a_failure_nothing_is_missing_and_nothing_ran_twice(klass, breaks):
    mine = klass(6, pause=0.5, partition="spare")
    head = mine.start("--throttle", "3")
    job = mine.job()
    wait_for(lambda: mine.saved() >= 2)
    with mine.held():
        wait_for(mine.at_work)
        breaks(mine)
    said, _ = head.communicate(timeout=200)
    assert head.returncode == 0, said
    mine.assert_graded_once()
    again = {
        break_node: restarts(mine, job),
        preempt: restarts(mine, job),
        cancel_task: len(mine.slurm.calls("sbatch")) - 1,
    }
    assert again.get(breaks, 1) >= 1  # it did break something


def test_a_killed_head_finds_its_array_again(klass):
    mine = klass(6, pause=0.5)
    head = mine.start("--throttle", "3")
    job = mine.job()
    wait_for(lambda: mine.saved() >= 2)
    mine.kill(head)
    staged = {path: path.stat().st_ino for path in mine.out.glob("*/*/submission/task.py")}
    answer = mine.run()
    assert f"Going on with job {job}" in answer.stdout
    assert {path: path.stat().st_ino for path in staged} == staged  # tasks may be reading them
    assert answer.returncode == 0, answer.stdout + answer.stderr
    mine.assert_graded_once()
    assert len(mine.slurm.calls("sbatch")) == 1


def test_a_new_hand_in_while_its_array_runs_is_what_counts(klass):
    mine = klass(6, pause=0.5)
    head = mine.start("--throttle", "2")
    mine.job()
    wait_for(lambda: mine.saved() >= 2)
    mine.kill(head)
    for number in range(6):
        mine.course.write(f"class/Åsa {number} Öberg/01_toy/task.py", WRONG)
    answer = mine.run()
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert set(mine.verdicts().values()) == {NONE}


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
    with mine.held():
        wait_for(mine.at_work)
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


def test_all_of_it_together_over_twenty_hand_ins_to_four_assignments(klass):
    mine = klass(20, pause=0.4, assignments=4, partition="spare", array=4)
    rng = random.Random(4)
    head = mine.start("--throttle", "4")
    for number, breaks in enumerate(rng.sample(BREAKS, len(BREAKS))):
        wait_for(lambda target=5 * (number + 1): mine.saved() >= target)
        with mine.held():
            wait_for(mine.at_work)
            if number % 2:
                mine.kill(head)
            breaks(mine)
        if number % 2:
            head = mine.start("--throttle", "4")
    said, _ = head.communicate(timeout=200)
    assert head.returncode == 0, said
    mine.assert_graded_once()
