"""`grader submit` where a job, Slurm or a request fails: what a student reads, and what is kept."""

from __future__ import annotations

import re
import signal

import pytest

from tests.submit_desk import SUBMIT, but_queued, until, words


def test_a_job_that_was_cancelled_in_the_queue(desk):
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    desk.slurm.run("scancel", job := desk.job)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert but_queued(said) == [
        f"Job {job} ended before all checks had a verdict: it was cancelled.", "Again: grader submit 01"
    ]  # fmt: skip
    assert not (desk.home / "job.json").exists()


def test_a_job_that_was_cancelled_while_it_ran(desk):
    desk.hold()
    desk.solve()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "double doubles")
    desk.slurm.run("scancel", desk.job)
    said = words(process.communicate(timeout=60)[0])
    assert process.returncode == 1
    assert "4 of 4 points judged here; 7 more without a verdict yet." in said
    assert "ended before all checks had a verdict: it was cancelled. Its log: build/self-check/01_toy/check-" in said


def test_while_slurm_does_not_answer_nothing_is_lost(desk):
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    desk.slurm.kill_controller()
    until(process, "The job goes on; asking again.")
    other = desk.run(*SUBMIT)
    assert (other.returncode, other.stdout) == (2, "")
    assert "controller does not answer" in other.stderr
    desk.slurm.start_controller()
    until(process, "is queued")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert len(desk.slurm.calls("sbatch")) == 1


def test_a_job_that_slurm_never_got_is_sent_by_the_same_command(desk):
    desk.slurm.kill_controller()
    lost = desk.run(*SUBMIT)
    assert lost.returncode == 2
    assert "controller does not answer" in lost.stderr
    desk.slurm.start_controller()
    desk.stop_nodes()
    sent = desk.run(*SUBMIT)
    assert f"Job {desk.job} is queued" in sent.stdout, sent.stderr


def test_at_the_time_limit_the_verdicts_that_exist_are_shown(desk):
    desk.hold()
    desk.solve()
    process = desk.start(*SUBMIT, "--wait", "--minutes", "5")
    until(process, "double doubles")
    desk.slurm.end_early(desk.job)
    said = words(process.communicate(timeout=120)[0])
    assert process.returncode == 1
    assert "4 of 4 points judged here; 7 more without a verdict yet." in said
    assert "ended before all checks had a verdict: it reached its time limit of 5 minutes." in said
    assert re.search(r"Its log: build/self-check/01_toy/check-\w+/log/\d+_0_log.out", said)
    assert "Again: grader submit 01 --minutes 10" in said
    assert "4 of 4 points, 7 not checked yet" in words(desk.run("grader", "list").stdout)


def test_a_job_whose_container_is_missing_says_so(desk):
    desk.profile("setup = []", 'setup = []\ncontainer = "no-such-container"')
    answer = desk.run(*SUBMIT, "--wait")
    assert answer.returncode == 1
    assert "ended before all checks had a verdict: it failed (" in words(answer.stdout)
    assert "no-such-container" in answer.stdout
    assert "Its log: build/self-check/01_toy/check-" in answer.stdout


def test_a_job_whose_environment_is_missing_says_so_and_runs_no_other_python(desk):
    answer = desk.run(*SUBMIT, "--wait", EXERCISES_VENV="/nowhere/venv")
    assert answer.returncode == 1
    assert "it failed (" in words(answer.stdout)
    assert "/nowhere/venv/bin/activate: No such file or directory" in words(answer.stdout)
    assert "points judged here" not in answer.stdout


def test_a_node_without_its_gpu_ends_the_job_before_any_check(desk):
    desk.profile('count = "CUDA_VISIBLE_DEVICES"', 'count = "NO_DEVICES"')
    answer = desk.run(*SUBMIT, "--wait")
    assert answer.returncode == 1
    assert "it failed (expected 1 stand-ins for GPUs, found 0 in NO_DEVICES" in words(answer.stdout)
    assert "points judged here" not in answer.stdout


def test_a_job_goes_on_after_its_node_failed(desk):
    desk.hold()
    desk.solve()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "double doubles")
    before = desk.checks()["doubles"]
    desk.stop_nodes()
    (desk.folder / "hold").unlink()
    desk.resume_nodes()
    said = words(process.communicate(timeout=120)[0])
    assert "11 of 11 points judged here." in said
    assert desk.checks()["doubles"] == before  # it went on where it stopped


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--site", "nowhere"), "there is no site 'nowhere'; expected one of arrhenius"),
        (("--account", "me"), "'me' does not look like an account of This machine"),
        (("--account", ""), "an account is needed on This machine"),
        (("--gpus", "9"), "9 GPUs in a node were asked for, expected 1 to 2"),
        (("--gpus", "T4:1"), "a GPU of type 'T4' was asked for"),
        (("--gpus", "many"), "--gpus many: expected a number, or TYPE:NUMBER"),
        (("--minutes", "999"), "999 minutes were asked for"),
        (("--minutes", "0"), "--minutes 0: expected 2 or more"),
        (("--framework", "tensorflow"), "01_toy has nothing for 'tensorflow'"),
        (("--site", ""), "no profile knows the host"),
    ],
)
def test_what_the_site_does_not_have_is_one_message(desk, given, message):
    answer = desk.run(*SUBMIT, *given)
    assert answer.returncode == 2
    assert message in words(answer.stderr)
    assert not (desk.home / "job.json").exists()
    assert desk.slurm.calls("sbatch") == []


def test_what_slurm_refuses_is_said_and_leaves_nothing(desk):
    desk.profile('partition = ""', 'partition = "none"')
    answer = desk.run(*SUBMIT)
    assert answer.returncode == 2
    assert "It said: " in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (desk.home / "job.json").exists()
