"""`grader submit` as a student types it, on a private Slurm: real jobs, real queue, real refusals."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader import ticket
from tests.conftest import TOY, Course

ROOT = Path(__file__).resolve().parents[1]
TASK = "assignments/01_toy/task.py"
SUBMIT = ("grader", "submit", "01", "--site", "local", "--account", "naiss2026-1-2")
NODES = ("a100-1", "a100-2", "t4-1", "t4-2")
HOLDS = """return "8 of 8 values"

        @check("it ends", points=1, rests_on="witnessed", todo=2)
        def test_ends(submission):
            import pathlib, time
            while pathlib.Path("hold").exists():
                time.sleep(0.1)
"""
"""A check after the first that does not end while there is a file `hold`."""


class Desk(Course):
    """A student's desk on the login node of a cluster."""

    def __init__(self, folder: Path, slurm) -> None:
        super().__init__(folder)
        self.slurm = slurm
        shutil.copytree(ROOT / "jobscripts", folder / "jobscripts")
        (folder / ".venv").symlink_to(sys.prefix)  # where the profile `local` looks for the job's Python

    def env(self, **more: str) -> dict[str, str]:
        return self.slurm.environment() | {"COLUMNS": "80", "PYTHONPATH": str(self.folder)} | more

    def start(self, *words: str) -> subprocess.Popen:
        """A command that runs beside the test; its output comes line by line."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(self.command(*words), cwd=self.folder, env=self.env(PYTHONUNBUFFERED="1"), **options)

    def stop_nodes(self) -> None:
        """From now on jobs wait in the queue."""
        for node in NODES:
            self.slurm.set_node(node, "down")

    def resume_nodes(self) -> None:
        for node in NODES:
            self.slurm.set_node(node, "resume")

    @property
    def home(self) -> Path:
        return self.folder / "build/self-check/01_toy"

    @property
    def job(self) -> str:
        """Slurm's number of the job that there is."""
        return json.loads((self.home / "job.json").read_text())["job"]

    def checks(self) -> dict[str, dict]:
        """What the job has found so far."""
        (path,) = self.home.glob("check-*/results.json")
        return {entry["id"]: entry for entry in json.loads(path.read_text())["checks"]}

    def profile(self, old: str, new: str) -> None:
        """Change the profile of the site."""
        path = self.folder / "jobscripts/sites/local.toml"
        path.write_text(path.read_text().replace(old, new, 1))

    def hold(self) -> None:
        """The second check does not end until `hold` is removed."""
        self.write("hold", "")
        test = TOY["assignments/01_toy/test_torch.py"].replace('return "8 of 8 values"\n', HOLDS)
        self.write("assignments/01_toy/test_torch.py", test)


@pytest.fixture
def desk(course, slurm):
    return Desk(course.folder / "desk", slurm)


def words(text):
    return re.sub(r"\s+", " ", text)


def until(process, text):
    """Read the output of a process up to a line with this text."""
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} is not in: {seen}")


def panel(text):
    """What is said about the checks: from the heading on, without what a measurement and a clock differ in."""
    shown = text[text.index("01 Toy: ") :]
    shown = re.sub(r"\n\d+ (passed|failed|skipped)[^\n]* in .*", "", shown)
    shown = re.sub(r"\n\n+", "\n\n", shown)  # pytest leaves two lines free
    shown = re.sub(r"\n +\d.*needed.*(\n +.*pairs.*)?", "", shown)
    return shown.strip()


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


def test_a_job_that_ended_unseen_is_shown_later_also_without_slurm(desk):
    desk.solve()
    desk.run(*SUBMIT, "--no-wait")
    desk.slurm.wait_for(desk.job, "COMPLETED")
    assert "10 of 10 points" in desk.run("grader", "list").stdout  # the job itself has kept them
    shown = desk.run("grader", "submit", "01", PATH=str(Path(sys.executable).parent))
    assert "10 of 10 points judged here" in shown.stdout, shown.stderr
    assert shown.returncode == 0


def test_ctrl_c_leaves_the_job_and_says_how_to_come_back(desk):
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    job = desk.job
    assert said.splitlines() == [
        "", f"Job {job} goes on.", "Come back to it: grader submit 01", f"Cancel it: scancel {job}"
    ]  # fmt: skip
    assert desk.slurm.states(job) == {job: "PENDING"}


def test_a_job_that_was_cancelled_in_the_queue(desk):
    desk.stop_nodes()
    process = desk.start(*SUBMIT, "--wait")
    until(process, "is queued")
    desk.slurm.run("scancel", job := desk.job)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines() == [
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
    desk.slurm.kill_daemon("slurmctld")
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
    desk.slurm.kill_daemon("slurmctld")
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


def test_a_jobs_results_keep_those_of_the_other_framework_and_newer_ones(desk):
    desk.solve()
    desk.run("pytest", "assignments/01")
    kept, found = desk.home / "results.json", desk.folder / "found.json"
    here = json.loads(kept.read_text())
    other = {**here["checks"][0], "framework": "tensorflow"}
    found.write_text(json.dumps(here | {"updated": "2099-01-01T00:00:00+0000"}))
    kept.write_text(json.dumps(here | {"checks": [other]}))
    ticket.publish(found, kept)
    assert json.loads(kept.read_text())["checks"] == [other, *here["checks"]]
    before = kept.read_text()
    found.write_text(json.dumps(here | {"updated": "2001-01-01T00:00:00+0000"}))
    ticket.publish(found, kept)
    assert kept.read_text() == before


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


def test_without_slurm_it_says_what_works_here(course):
    shutil.copytree(ROOT / "jobscripts", course.folder / "jobscripts")
    answer = course.run(*SUBMIT, PATH=str(Path(sys.executable).parent))
    assert answer.returncode == 2
    assert words(answer.stderr).strip() == (
        "grader: this machine has no Slurm (sbatch was not found): submit from a login node of the cluster. "
        "What works here: pytest assignments/01"
    )
    assert answer.stdout == ""
