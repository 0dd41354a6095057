"""The job script that assignment 01 asks for, on a real Slurm: warned before its limit, queued again, and exact."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader import catalog, jobscript, sites, todo

ASSIGNMENT = catalog.find("01")
SIDES = [pytest.param(side, id=side.framework) for side in ASSIGNMENT.sides]
STEPS, STEP_S = 96, 0.7
"""Of the training, and how long each takes at least: 67 s, of which 58 are left after the first epoch."""
LIMIT_S = 80
"""Then left to the job. Slurm looks at limits twice a minute and gives a warning of 60 s up to 30 s early: at once."""


@pytest.fixture
def place(tmp_path):
    """Lay out the solution of a side as a student has it, with the CPU for its GPU; returns the folder."""

    def lay_out(side):
        for name in side.given:
            (tmp_path / name).write_text((ASSIGNMENT.folder / name).read_text())
        for name in side.files:
            (tmp_path / name).write_text(ASSIGNMENT.solution(side, name).read_text())
        return tmp_path

    return lay_out


def adapted(text, program, account):
    """The solution's script for this machine: what it asks for and where its software is; what it does stays."""
    own = {
        1: (
            f"#SBATCH -A {account}\n#SBATCH -n 1\n#SBATCH -c 1\n#SBATCH --gpus-per-node=1\n#SBATCH -t 00:05:00\n"
            "#SBATCH -J gpu-job\n#SBATCH -o gpu-job-%j.out\n"
            "#SBATCH --signal=B:USR1@60\n#SBATCH --requeue\n#SBATCH --open-mode=append\n"
        ),
        2: "CHECKPOINTS=$PWD/checkpoints\nexport HF_HOME=$PWD/caches\n"
        f"export PATH={Path(sys.executable).parent}:$PATH\n",
    }
    script = todo.compose(re.sub("(?m)^# site: .*", "# site: local", text), own, "job.sh")
    return re.sub(
        r"--device (cuda|GPU)", f"--device {'cpu' if program == 'train.py' else 'CPU'} --step-seconds {STEP_S}", script
    )


def environment(folder):
    """One thread, so that sums come out the same in every process."""
    return {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "HOME": str(folder)}


def finished(text):
    """The digests of all trainings that a log says were finished."""
    return re.findall(r"finished; SHA-256 of the weights: (\w+)", text)


@pytest.mark.parametrize("side", SIDES)
def test_a_warned_job_goes_on_after_its_requeue_bit_for_bit(slurm, place, side):
    folder, program = place(side), side.given[1]
    text = adapted((folder / side.also[0]).read_text(), program, "naiss2024-1-23")
    errors = jobscript.findings(jobscript.parse(text), sites.load("local"), folder=folder)
    assert [str(finding) for finding in errors if finding.severity == "error"] == []
    cpu = "cpu" if side.framework == "torch" else "CPU"
    alone = subprocess.run(
        [sys.executable, program, "--device", cpu, "--checkpoint", str(folder / "alone")],
        cwd=folder,
        env=os.environ | environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / "here.sh").write_text(text)
    exports = ",".join(["ALL", *(f"{name}={value}" for name, value in environment(folder).items())])
    job = slurm.submit(folder / "here.sh", f"--export={exports}", cwd=folder)
    log = folder / f"gpu-job-{job}.out"
    until(lambda: log.exists() and "epoch 1:" in log.read_text(), log)
    slurm.end_early(job, LIMIT_S)
    slurm.wait_for(job, "COMPLETED", timeout=300)
    said = log.read_text()
    parts = [int(steps) for steps in re.findall(r"(\d+) steps here", said)]
    assert len(parts) > 1, said
    assert sum(parts) == STEPS, said
    assert finished(said) == finished(alone.stdout) != []


def until(true, log, timeout=120):
    """Wait for something that a job does. Raises AssertionError with its log after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "no log"
        time.sleep(0.1)
