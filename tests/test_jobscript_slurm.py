"""The rules against Slurm's own verdict: `sbatch --test-only` on a private Slurm with the nodes of Alvis' profile."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import jobscript, sites
from tests.private_slurm.shape import Nodes, Partition, Rules, Shape
from tests.test_jobscript_rules import GOOD, WRONG, told

ALVIS = sites.load("alvis")


def alvis():
    """Nodes, partition and rules of the profile, in a private Slurm."""
    cards = ALVIS.gpus
    nodes = tuple(
        Nodes(kind.lower(), gpu=kind, gpus=cards.per_node[kind], cores=cards.cores[kind] * cards.per_node[kind])
        for kind in cards.types
    )
    days = f"{ALVIS.slurm.hours // 24}-{ALVIS.slurm.hours % 24:02}:00:00"
    return Shape(nodes, (Partition(ALVIS.slurm.partition, max_time=days),), Rules(), ALVIS.slurm.array)


@pytest.fixture(scope="module")
def cluster(start_slurm):
    with start_slurm(alvis()) as running, running.entered():
        yield running


def test_slurm_takes_the_good_script(cluster):
    assert jobscript.ask_slurm(GOOD) is None


@pytest.mark.parametrize("path", [p for p in WRONG if told(p)[1].name == "alvis"], ids=lambda p: p.stem)
def test_slurm_refuses_what_it_can_see(cluster, path, tmp_path):
    text, site, _ = told(path)
    said = jobscript.ask_slurm(text, folder=tmp_path)
    assert (said is not None) == (" Slurm refuses it." in text), said
    if said:
        assert said.rule == "slurm"
        assert said.found.startswith("Slurm says: ")
        assert len(str(said)) < 300
    found = jobscript.findings(jobscript.parse(text), site, folder=tmp_path)
    assert found, "whatever Slurm says, a rule has said it before"


def test_slurm_is_asked_and_runs_nothing(cluster, tmp_path):
    ran = tmp_path / "ran"
    assert jobscript.ask_slurm(f"{GOOD[: GOOD.index('set -e')]}touch {ran}\n", folder=tmp_path) is None
    assert cluster.run("squeue", "-h", "-t", "all").stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_command_asks_slurm_too(cluster, tmp_path):
    for text, status, said in (
        (GOOD, 0, f"0 findings, by {len(jobscript.RULES)} rules of Alvis (C3SE), and by the Slurm of this machine"),
        (GOOD.replace("A40:1", "A40:9"), 1, "error: Slurm says: Requested node configuration is not available"),
    ):
        (tmp_path / "job.sh").write_text(text)
        command = [sys.executable, "-m", "grader", "script", "job.sh", "--site", "alvis"]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (answer.returncode, said in answer.stdout) == (status, True), answer.stdout + answer.stderr


def test_the_words_are_those_of_slurm(cluster):
    said = jobscript.ask_slurm(GOOD.replace("A40:1", "A40:9"))
    assert str(said) == "Slurm says: Requested node configuration is not available; expected a job that it takes."


def test_options_of_the_job_around_do_not_reach_the_one_asked_about(cluster, monkeypatch):
    monkeypatch.setenv("SBATCH_TIMELIMIT", "9-00:00:00")
    monkeypatch.setenv("SBATCH_ACCOUNT", "NAISS2026-9-9")
    assert jobscript.ask_slurm(GOOD) is None
    assert jobscript.ask_slurm(GOOD.replace("-A NAISS2026-1-23", "")) is not None


def test_without_sbatch_nothing_is_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(jobscript.NoSlurm, match="no sbatch"):
        jobscript.ask_slurm(GOOD)


def test_without_a_controller_nothing_is_measured(cluster, monkeypatch, tmp_path):
    conf = (cluster.folder / "slurm.conf").read_text()
    port = next(line for line in conf.splitlines() if line.startswith("SlurmctldPort="))
    (tmp_path / "slurm.conf").write_text(conf.replace(port, "SlurmctldPort=1\nMessageTimeout=2"))
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "slurm.conf"))
    with pytest.raises(jobscript.NoSlurm):
        jobscript.ask_slurm(GOOD)


WORDS = r"""
-t --time --time= --time=5 -t5 5 10m -N2 -N --nodes=2 --nodes -n two --ntasks=3 --gpus=1 --gpus:2 -c -HJ "x "y z"
'open # -- -H --hold=1 --mail-type=END --mail-type=NOW --exclusive --exclusive=user --requeue --requ --no --cpus-per -Z
-Jx --job-name : \ --mem=4G --mem=much --open-mode=append --open-mode=a --signal=B:USR1@60 --signal=USR9 -gpus=1 -J
"""
READS = ("unknown-option", "option-form", "option-value", "time-form", "gpu-count")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=3).map(" ".join), max_size=3))
def test_options_are_read_as_sbatch_reads_them(cluster, lines):
    """A script of any such words: sbatch stops at its options exactly where a rule about options does."""
    text = "#!/bin/bash\n" + "".join(f"#SBATCH {line}\n" for line in lines) + "true\n"
    with cluster.entered():
        done = cluster.run("sbatch", "--test-only", check=False, input=text)
    found = jobscript.findings(jobscript.parse(text), ALVIS, rules=READS)
    # What the site refuses is no matter of reading: those words come from the controller.
    unread = done.returncode != 0 and "allocation failure" not in done.stderr
    assert unread == bool(found), (text, done.stderr, [str(f) for f in found])
