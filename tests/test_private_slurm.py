"""The private Slurm is a Slurm: jobs, nodes and refusals are as on a site."""

import re
import subprocess
import sys

import pytest
import submitit
from submitit.core.utils import FailedJobError

from tests.private_slurm import Accounting, Nodes, Partition, Rules, Shape, until

ACCOUNT, TIME, GPU = "--account=NAISS2024-1-23", "--time=5", "--gpus-per-node=A100:1"
SITE = (ACCOUNT, TIME, GPU)
NODE_UNAVAILABLE = "Requested node configuration is not available"

# A job that says where it runs and how often it was restarted, and ends when a file `go` appears beside it.
UNTIL_GO = """#!/bin/sh
echo "$SLURMD_NODENAME ${SLURM_RESTART_COUNT:-0}" >>"where-$SLURM_JOB_ID"
until [ -e go ]; do sleep 0.1; done
"""


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


# --- jobs ---


def test_a_job_runs_with_the_gpus_it_asked_for(slurm, tmp_path):
    text = "#!/bin/sh\necho $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES\n"
    job = slurm.submit(text, ACCOUNT, TIME, "--gpus-per-node=A100:2", f"--output={tmp_path}/out")
    slurm.wait_for(job, "COMPLETED")
    assert (tmp_path / "out").read_text() == "a100-1 0,1\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([ACCOUNT, TIME, "--gpus-per-node=H100:1"], NODE_UNAVAILABLE),
        ([ACCOUNT, TIME, "--gpus-per-node=A100:5"], NODE_UNAVAILABLE),
        ([ACCOUNT, TIME, GPU, "--nodes=3", "--constraint=A100"], NODE_UNAVAILABLE),
        ([ACCOUNT, GPU, "--time=8-0"], "Requested time limit is invalid"),
        ([ACCOUNT, TIME, GPU, "--array=0-1001"], "Invalid job array specification"),
        ([TIME, GPU], "no account: give -A"),
        (["--account=NAISS2024-1-23x", TIME, GPU], "account NAISS2024-1-23x is none of this site's"),
        (["--account=a'$(id)'", TIME, GPU], "is none of this site's"),
        ([ACCOUNT, GPU], "no time limit: give -t"),
        ([ACCOUNT, TIME], "partition gpu is for GPU jobs: give --gpus-per-node"),
    ],
)
def test_what_the_site_refuses(slurm, options, words):
    with pytest.raises(AssertionError, match=re.escape(words)):
        slurm.submit("#!/bin/sh\n", *options)


def test_another_shape(start_slurm):
    """A site without rules, whose second partition has no GPU and a short time limit."""
    nodes = (Nodes("big", count=1, gpu="V100", gpus=2), Nodes("thin", count=3, cores=4))
    partitions = (Partition("main", ("big",)), Partition("cpu", ("thin",), max_time="01:00:00", needs_gpu=False))
    with start_slurm(Shape(nodes, partitions, rules=None, max_array_size=11)) as slurm:
        assert slurm.run("sinfo", "-h", "-o", "%P %l %D %c %G").stdout == (
            "main* 7-00:00:00 1 16 gpu:V100:2\ncpu 1:00:00 3 4 (null)\n"
        )
        text, test_only = "#!/bin/sh\n", "--test-only"
        slurm.submit(text, test_only, "--gpus=V100:2", "--array=0-10")
        slurm.submit(text, test_only, "--partition=cpu", "--nodes=3", "--time=60")
        for refused in (["--gpus=V100:3"], ["--array=0-11"], ["--partition=cpu", "--time=61"], ["--cpus-per-task=17"]):
            with pytest.raises(AssertionError, match="allocation failure"):
                slurm.submit(text, test_only, *refused)


def test_gpu_rule_holds_for_every_partition_named(start_slurm):
    partitions = (Partition("cpu", needs_gpu=False), Partition("gpu"))
    with start_slurm(Shape(partitions=partitions, rules=Rules(account=None, needs_time=False))) as slurm:
        slurm.submit("#!/bin/sh\n", "--test-only")
        with pytest.raises(AssertionError, match="partition gpu is for GPU jobs"):
            slurm.submit("#!/bin/sh\n", "--test-only", "--partition=cpu,gpu")


def test_an_array_keeps_its_limit(slurm, tmp_path):
    job = slurm.submit(UNTIL_GO, *SITE, "--array=0-5%2", cwd=tmp_path)
    until(lambda: list(slurm.states(job).values()).count("RUNNING") == 2)
    why = ("squeue", "-h", "-r", "-j", job, "-t", "PENDING", "-o", "%r")  # known when they were next in turn
    until(lambda: slurm.run(*why).stdout.split() == ["JobArrayTaskLimit"] * 4)
    (tmp_path / "go").touch()
    while set(states := list(slurm.states(job).values())) != {"COMPLETED"}:
        assert states.count("RUNNING") <= 2
    assert len(states) == 6


def test_a_step_on_two_nodes(slurm, tmp_path):
    """Each node has a name that resolves, and takes it for its own; with a login shell, too, which sets PATH anew."""
    text = "#!/bin/bash -l\nsrun sh -c 'echo $SLURM_PROCID $(hostname)'; getent ahostsv4 a100-2 | head -n 1\n"
    job = slurm.submit(text, *SITE, "--nodes=2", f"--output={tmp_path}/out")
    slurm.wait_for(job, "COMPLETED")
    assert sorted(lines(tmp_path / "out")[:2]) == ["0 a100-1", "1 a100-2"]
    assert lines(tmp_path / "out")[2].startswith("127.0.0.1 ")


ALL_REDUCE = """
import os, socket, torch
import torch.distributed as dist
dist.init_process_group("gloo")
x = torch.tensor([2.0 ** dist.get_rank()])
dist.all_reduce(x)
line = [dist.get_rank(), dist.get_world_size(), os.environ["LOCAL_RANK"], socket.gethostname(), x.item()]
os.write(1, (" ".join(map(str, line)) + "\\n").encode())  # one write: lines of two ranks must not mix
dist.destroy_process_group()
"""
TORCHRUN = f"""#!/bin/bash
MASTER=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun {sys.executable} -m torch.distributed.run --nnodes 2 --nproc-per-node 2 \
    --rdzv-id "$SLURM_JOB_ID" --rdzv-backend c10d --rdzv-endpoint "$MASTER:29500" all_reduce.py
"""


def test_torchrun_on_two_nodes(slurm, tmp_path):
    (tmp_path / "all_reduce.py").write_text(ALL_REDUCE)
    options = ("--nodes=2", "--ntasks-per-node=1", "--gpus-per-node=A100:2", "--output=out", "--error=err")
    job = slurm.submit(TORCHRUN, ACCOUNT, TIME, *options, cwd=tmp_path)
    slurm.wait_for(job, "COMPLETED", timeout=240)
    ranks = sorted(line.split() for line in lines(tmp_path / "out"))
    assert [(rank, size, total) for rank, size, _, _, total in ranks] == [(str(k), "4", "15.0") for k in range(4)]
    assert sorted((host, local) for _, _, local, host, _ in ranks) == [
        (host, local) for host in ("a100-1", "a100-2") for local in ("0", "1")
    ]


def test_accounting_knows_accounts_and_limits(start_slurm):
    with start_slurm(Shape(accounting=Accounting(("naiss2024-1-23",), max_submit_jobs=4))) as slurm:
        with pytest.raises(AssertionError, match="Invalid account or account/partition combination"):
            slurm.submit("#!/bin/sh\n", TIME, GPU, "--account=naiss2024-9-9")
        with pytest.raises(AssertionError, match="AssocMaxSubmitJobLimit"):
            slurm.submit("#!/bin/sh\n", *SITE, "--array=0-4")
        job = slurm.submit("#!/bin/sh\n", *SITE, "--array=0-3", "--output=/dev/null")
        slurm.wait_for(job, "COMPLETED")
        ask = ("sacct", "-n", "-X", "-P", "-j", job, "-o", "State,Account")
        until(lambda: slurm.run(*ask).stdout == "COMPLETED|naiss2024-1-23\n" * 4)


# --- what happens to jobs ---


def test_a_preempted_job_gets_its_signal_and_runs_again(slurm, tmp_path):
    text = UNTIL_GO.replace("until", "trap 'echo USR1 >>signals' USR1\nuntil")
    whole = ("--gpus-per-node=A100:4", "--nodelist=a100-1")
    options = (ACCOUNT, TIME, "--partition=spare", "--signal=B:USR1@60", "--requeue", *whole)
    job = slurm.submit(text, *options, cwd=tmp_path)
    slurm.wait_for(job, "RUNNING")
    until(lambda: lines(tmp_path / f"where-{job}"))
    slurm.submit("#!/bin/sh\n", ACCOUNT, TIME, *whole, cwd=tmp_path)
    until(lambda: len(lines(tmp_path / f"where-{job}")) == 2)
    assert lines(tmp_path / f"where-{job}") == ["a100-1 0", "a100-1 1"]
    assert lines(tmp_path / "signals") == ["USR1"]
    (tmp_path / "go").touch()
    slurm.wait_for(job, "COMPLETED")


def test_a_job_is_queued_again_when_its_node_fails(slurm, tmp_path):
    job = slurm.submit(UNTIL_GO, *SITE, "--requeue", cwd=tmp_path)
    assert until(lambda: lines(tmp_path / f"where-{job}")) == ["a100-1 0"]
    slurm.set_node("a100-1", "down")
    assert until(lambda: lines(tmp_path / f"where-{job}")[1:]) == ["a100-2 1"]
    (tmp_path / "go").touch()
    slurm.wait_for(job, "COMPLETED")
    slurm.set_node("a100-1", "resume")
    until(lambda: slurm.node_states()["a100-1"] == "idle")


def test_a_job_ends_at_its_time_limit(slurm):
    job = slurm.submit("#!/bin/sh\nexec sleep 1000\n", *SITE, "--output=/dev/null")
    slurm.wait_for(job, "RUNNING")
    slurm.end_early(job)
    slurm.wait_for(job, "TIMEOUT", timeout=90)


def test_a_running_job_survives_the_controller(slurm, tmp_path):
    job = slurm.submit(UNTIL_GO, *SITE, cwd=tmp_path)
    assert until(lambda: lines(tmp_path / f"where-{job}")) == ["a100-1 0"]
    slurm.kill_controller()
    assert slurm.run("scontrol", "ping", check=False).returncode != 0
    slurm.start_controller()
    assert slurm.states(job) == {job: "RUNNING"}
    (tmp_path / "go").touch()
    slurm.wait_for(job, "COMPLETED")
    assert lines(tmp_path / f"where-{job}") == ["a100-1 0"]


def test_a_running_job_survives_its_slurmd(slurm, tmp_path):
    job = slurm.submit(UNTIL_GO, *SITE, cwd=tmp_path)
    assert until(lambda: lines(tmp_path / f"where-{job}")) == ["a100-1 0"]
    slurm.kill_node("a100-1")
    slurm.start_node("a100-1")
    (tmp_path / "go").touch()
    slurm.wait_for(job, "COMPLETED")
    assert lines(tmp_path / f"where-{job}") == ["a100-1 0"]


def test_waiting_ends_when_it_is_in_vain(slurm):
    job = slurm.submit("#!/bin/sh\nexit 3\n", *SITE, "--output=/dev/null")
    with pytest.raises(AssertionError, match=rf"'COMPLETED'.* never comes: .*'{job}': 'FAILED'"):
        slurm.wait_for(job, "COMPLETED")


# --- its users ---


def test_calls_are_counted_but_for_our_own(slurm):
    job = slurm.submit("#!/bin/sh\n", *SITE, "--output=/dev/null")
    slurm.wait_for(job)
    for words in (["squeue", "-h"], ["sacct", "-j", job], ["squeue", "--name=a\nb"]):
        subprocess.run(words, env=slurm.environment(), check=True, capture_output=True)
    assert slurm.calls("squeue") == ["squeue -h", "squeue --name=a"]
    assert (slurm.calls("sacct"), slurm.calls("sbatch")) == ([f"sacct -j {job}"], [])


def test_the_environment_is_no_other_clusters(slurm):
    outer = {"SLURM_JOB_ID": "1", "SBATCH_ACCOUNT": "x", "SUBMITIT_EXECUTOR": "slurm", "HOME": "/h", "PATH": "/p"}
    env = slurm.environment(outer)
    assert env["PATH"] == f"{slurm.folder}/bin:/p:/usr/sbin"
    assert sorted(env) == ["HOME", "PATH", "PYTHONPATH", "SLURM_CONF"]


def square(x):
    return x * x


def explode():
    raise KeyError("loss")


def test_submitit_works_unmodified(slurm, tmp_path):
    with slurm.entered():
        executor = submitit.AutoExecutor(folder=tmp_path, cluster="slurm")
        executor.update_parameters(
            timeout_min=5,
            slurm_account="NAISS2024-1-23",
            slurm_array_parallelism=2,
            slurm_additional_parameters={"gpus-per-node": "T4:1"},
        )
        jobs, failing = executor.map_array(square, range(3)), executor.submit(explode)
        assert [job.result() for job in jobs] == [0, 1, 4]
        with pytest.raises(FailedJobError, match="KeyError: 'loss'"):
            failing.result()
