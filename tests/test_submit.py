"""`grader submit` as a student types it, on a private Slurm: the way of a job."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from grader import submit, ticket
from tests.submit_desk import ROOT, SUBMIT, TASK, but_queued, panel, until, words

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("solved", [False, True])
def test_the_panel_is_the_one_of_a_run_here_and_list_knows_it(desk, solved):
    if solved:
        desk.solve()
    here = desk.run("pytest", "assignments/01")
    (desk.home / "results.json").unlink()
    there = desk.run(*SUBMIT, "--wait")
    assert there.stderr == ""
    assert panel(there.stdout) == panel(here.stdout)
    assert there.returncode == here.returncode
    assert "for naiss2026-1-2: 1 GPU for 15 minutes at most; up to 15 GPU minutes, 0.25 GPU hours." in words(
        there.stdout
    )
    assert max(map(len, there.stdout.splitlines())) <= 80
    assert "\x1b" not in there.stdout
    assert ("10 of 10 points" if solved else "not attempted") in desk.run("grader", "list").stdout
    assert not (desk.home / "job.json").exists()


def test_no_wait_then_the_same_command_comes_back_and_judges_what_was_sent(desk):
    desk.solve()
    desk.stop_nodes()
    sent = desk.run(*SUBMIT)
    assert sent.returncode == 0, sent.stderr
    assert f"Job {desk.job} is queued" in sent.stdout
    assert f"Come back to it: grader submit 01\nCancel it: scancel {desk.job}\n" in sent.stdout
    desk.write(TASK, "def double(x)\n    return x\n")
    waiting = desk.run("grader", "submit", "01")
    assert f"Job {desk.job} is queued" in waiting.stdout
    desk.resume_nodes()
    shown = desk.run("grader", "submit", "01", "--wait")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "10 of 10 points judged here" in shown.stdout
    assert "Your code has changed since it was sent. Check it anew: grader submit 01" in words(shown.stdout)
    assert len(desk.slurm.calls("sbatch")) == 1
    assert "10 of 10 points, changed since" in words(desk.run("grader", "list").stdout)


def test_nothing_is_said_of_the_queue_between_two_verdicts(desk):
    """A job that starts and judges between two questions to Slurm: that it runs is no news then."""
    desk.hold()
    desk.solve()
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    time.sleep(4)  # the questions get rarer
    desk.resume_nodes()
    until(process, "double doubles")
    time.sleep(6)  # the next question
    (desk.folder / "hold").unlink()
    said = process.communicate(timeout=120)[0]
    assert "11 of 11 points judged here." in words(said)
    assert "is running" not in said


def test_a_job_that_ended_unseen_is_shown_later_also_without_slurm(desk):
    desk.solve()
    desk.run(*SUBMIT, "--no-wait")
    desk.slurm.wait_for(desk.job, "COMPLETED")
    assert "10 of 10 points" in desk.run("grader", "list").stdout  # the job itself has kept them
    shown = desk.run("grader", "submit", "01", PATH=str(Path(sys.executable).parent))
    assert "10 of 10 points judged here" in shown.stdout, shown.stderr
    assert re.match(r"Back to the job of [^.]*, which has ended\. Check anew: the same command", words(shown.stdout))
    assert shown.returncode == 0


def test_ctrl_c_leaves_the_job_and_says_how_to_come_back(desk):
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    job = desk.job
    assert but_queued(said) == [
        "", f"Job {job} goes on.", "Come back to it: grader submit 01", f"Cancel it: scancel {job}"
    ]  # fmt: skip
    assert desk.slurm.states(job) == {job: "PENDING"}


def test_two_at_once_make_one_job(desk):
    desk.stop_nodes()
    both = [desk.start(*SUBMIT, "--no-wait") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert {process.returncode for process in both} <= {0, 2}
    assert len(desk.slurm.calls("sbatch")) == 1, said


def test_again_cancels_the_job_and_sends_what_is_there_now(desk):
    desk.stop_nodes()
    desk.run(*SUBMIT)
    first = desk.job
    answer = desk.run(*SUBMIT, "--again")
    assert f"Cancelled job {first}." in answer.stdout
    assert desk.slurm.states(first) == {first: "CANCELLED"}
    assert desk.slurm.states(desk.job) == {desk.job: "PENDING"}
    assert len(list(desk.home.glob("check-*"))) == 1


def test_a_jobs_results_keep_those_of_the_other_framework_and_newer_ones(desk):
    desk.solve()
    desk.run("pytest", "assignments/01")
    kept, found = desk.home / "results.json", desk.folder / "found.json"
    here = json.loads(kept.read_text())
    other = {**here["checks"][0], "framework": "tensorflow"}
    found.write_text(json.dumps(here | {"updated": "2099-01-01T00:00:00+0000"}))
    kept.write_text(json.dumps(here | {"checks": [other]}))
    ticket.publish(found, kept)
    assert json.loads(kept.read_text())["checks"] == [*here["checks"], other]
    before = kept.read_text()
    found.write_text(json.dumps(here | {"updated": "2001-01-01T00:00:00+0000"}))
    ticket.publish(found, kept)
    assert kept.read_text() == before


def test_a_folder_that_cannot_be_written_is_one_message(desk):
    desk.write("build/self-check", "a file")
    answer = desk.run(*SUBMIT)
    assert answer.returncode == 2
    assert answer.stderr.startswith("grader: cannot read or write ")
    assert len(answer.stderr.splitlines()) <= 6


def test_a_lost_connection_stops_like_ctrl_c(desk):
    desk.stop_nodes()
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run under nohup, whose children ignore it
    try:
        process = desk.start(*SUBMIT, "--wait")
    finally:
        signal.signal(signal.SIGHUP, ours)
    until(process, "is queued")
    process.send_signal(signal.SIGHUP)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Come back to it: grader submit 01" in said


def test_without_slurm_it_says_what_works_here(course):
    shutil.copytree(ROOT / "jobscripts", course.folder / "jobscripts")
    answer = course.run(*SUBMIT, PATH=str(Path(sys.executable).parent))
    assert answer.returncode == 2
    assert words(answer.stderr).strip() == (
        "grader: this machine has no Slurm (sbatch, squeue, scancel, srun not found). "
        "Submit from a login node of the cluster. What works here: pytest assignments/01"
    )
    assert answer.stdout == ""


@pytest.mark.parametrize("host", ["alvis1", "alvis2.c3se.chalmers.se"])
def test_a_site_is_recognised_by_its_login_nodes(host, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: host)
    assert submit.here().name == "alvis"
