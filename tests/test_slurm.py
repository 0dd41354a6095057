"""Slurm's refusals in plain words, from a private Slurm that really refuses; the queue; what a job finds."""

import contextlib
import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from grader import sites, tasks
from grader import slurm as ours
from grader.errors import UsageError
from grader.sites import Request
from tests.conftest import ROOT
from tests.slurm_class import ACCOUNT, wait_for

USUAL = {"minutes": 5, "gpus": 1, "account": ACCOUNT, "name": "one"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The profile `local` with other lines, and this Python on its nodes."""
    monkeypatch.setenv("EXERCISES_VENV", sys.prefix)
    text = (ROOT / "jobscripts/sites/local.toml").read_text("utf-8")

    def make(**lines):
        changed = text
        for key, value in lines.items():
            changed = re.sub(rf"(?m)^{key} = .*", f"{key} = {value}", changed)
        (tmp_path / "local.toml").write_text(changed)
        return sites.load("local", tmp_path)

    return make


def sent(site, folder, rows, **request):
    """Submit jobs that sleep for as long as `rows` say."""
    return ours.submit(ours.executor(site, folder, Request(**USUAL | request)), time.sleep, rows)


REFUSED = {
    "account": ({}, {"account": "mine"}, 1, "Slurm refuses the account.*mine"),
    "partition": ({"partition": '"nope"'}, {}, 1, "Slurm refuses the partition.*invalid partition specified: nope"),
    "gpu": ({"form": '"--gpus-per-node=H100:{count}"'}, {}, 1, "the partition or GPUs.*node configuration"),
    "time": ({"hours": "9000"}, {"minutes": 500_000}, 1, "Slurm refuses the time limit.*`hours`"),
    "array": ({}, {}, 1002, "Slurm refuses an array.*`array`"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_says_what_and_what_to_do(slurm, site, tmp_path, what):
    lines, request, tasks, says = REFUSED[what]
    with slurm.entered(), pytest.raises(UsageError, match=f"(?s){says}") as caught:
        sent(site(**lines), tmp_path, [0] * tasks, **request)
    assert not isinstance(caught.value, ours.Unreachable)
    assert len(str(caught.value).splitlines()) <= 6


@pytest.mark.parametrize("name", ["alvis", "arrhenius", "berzelius", "kebnekaise", "pelle", "dardel"])
def test_a_profile_without_the_projects_directory_is_refused_before_sbatch(slurm, monkeypatch, tmp_path, name):
    site = sites.load(name)
    monkeypatch.delenv("EXERCISES_VENV", raising=False)
    with slurm.entered(), pytest.raises(UsageError, match=rf"PROJECT stands for(?s:.*)sites/{name}\.toml") as caught:
        sent(site, tmp_path, [0])
    assert len(str(caught.value).splitlines()) <= 6
    assert ("EXERCISES_VENV" in str(caught.value)) == (name != "dardel")  # its container lies there, too
    assert slurm.calls("sbatch") == []
    monkeypatch.setenv("EXERCISES_VENV", sys.prefix)
    with slurm.entered(), pytest.raises(UsageError) if name == "dardel" else contextlib.nullcontext():
        ours.require(site)
    filled = replace(site, storage=replace(site.storage, project="/proj/mine"))
    monkeypatch.delenv("EXERCISES_VENV")
    with slurm.entered():
        ours.require(filled)


def test_a_start_on_another_day_is_told_with_its_date():
    waiting = ours.Task("one", "1", 0, "PENDING", "Priority", "2031-02-03T14:00:00")
    assert tasks.words([waiting]) == "0 tasks running, 1 waiting (Priority, next about 2031-02-03 14:00)"


FAILED = "sbatch: error: Batch job submission failed: "


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (f"sbatch: error: AssocMaxSubmitJobLimit\n{FAILED}Job violates accounting/QOS policy", "allocation's limits"),
        (f"{FAILED}Invalid qos specification", "allocation's limits"),
        (f"{FAILED}Invalid account or account/partition combination specified", "the account"),
        ("sbatch: error: something new", "the job. It said: something new"),
        ("", "it gave no reason"),
    ],
)
def test_refusals_of_larger_sites(said, means):
    assert means in str(ours.refusal(said))


def test_the_queue_tells_all_tasks_in_one_call(slurm, site, tmp_path):
    with slurm.entered():
        ids = sent(site(), tmp_path, [60, 60, 60], name="three")
        (alone,) = sent(site(), tmp_path, [0], name="alone")
        number = ids[0].partition("_")[0]
        assert ids == [f"{number}_{k}" for k in range(3)]
        before = len(slurm.calls("squeue"))
        tasks = ours.queue(["three", "alone"])
        assert len(slurm.calls("squeue")) == before + 1
        three = [("three", number, k) for k in range(3)]
        assert sorted((t.name, t.job, t.index) for t in tasks) == [("alone", alone, 0), *three]
        assert all(t.alive for t in tasks)
        wait_for(lambda: "COMPLETED" in {t.state for t in ours.queue(["alone"])})
        ours.cancel([number])
        wait_for(lambda: not any(t.alive for t in ours.queue(["three"])))
        assert {t.state for t in ours.queue(["three"])} == {"CANCELLED"}
        assert ours.queue(["nobody"]) == []
    assert not slurm.calls("sacct")


def test_a_silent_controller_is_no_refusal(slurm, site, tmp_path):
    slurm.kill_controller()
    try:
        with slurm.entered():
            for ask in (lambda: ours.queue(["x"]), lambda: sent(site(), tmp_path, [0])):
                with pytest.raises(ours.Unreachable, match="does not answer"):
                    ask()
    finally:
        slurm.start_controller()


def test_a_node_without_submitit_gets_ours_and_nothing_else_of_this_shell(slurm, site, tmp_path, monkeypatch):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    (packages,) = bare.glob("lib/python3*/site-packages")
    (packages / "typing_extensions.py").write_text("from typing import TypedDict\n")
    monkeypatch.setenv("EXERCISES_VENV", str(bare))
    monkeypatch.setenv("PYTHONPATH", "/of/this/shell")
    with slurm.entered():
        (job,) = sent(site(), tmp_path / "jobs", [0])
        slurm.wait_for(job, "COMPLETED")
    assert "Job completed successfully" in (tmp_path / f"jobs/{job}_0_log.out").read_text()
    assert sys.executable not in (tmp_path / f"jobs/{job}_submission.sh").read_text()
