"""Fixtures of the checks; what they judge with is in judging.py, draws.py and choices.py."""

import contextlib
import importlib.util
import shutil
import subprocess

import pytest

from grader import core_use, floor
from grader.verdict import NotMeasured


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def draws(given):
    """The functions of draws.py."""
    return given("draws")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def results(folder):
    """An empty folder for the results of a search."""
    return folder(writable=True)


@pytest.fixture
def submitit():
    """The package submitit. Not measured where it is not installed."""
    if importlib.util.find_spec("submitit") is None:
        raise NotMeasured("submitit is not installed here.", next="pip install -c constraints.txt submitit")


@pytest.fixture
def private_slurm():
    """Run a program of Slurm, if its controller is on this machine. A check submits nothing to a site's queue."""

    def run(*command):
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
        return None if answer.returncode else answer.stdout.strip()

    where = "run it on a private Slurm, as the course's tests do; on a cluster: sbatch --test-only --array=..."
    if not shutil.which("sbatch"):
        raise NotMeasured("There is no Slurm on this machine.", next=where)
    settings = run("scontrol", "show", "config") or ""
    if not any("127.0.0.1" in line for line in settings.splitlines() if line.startswith("SlurmctldHost")):
        raise NotMeasured("No Slurm with a controller on this machine answers.", next=where)
    return run


@pytest.fixture
def race_searches(race, submission, baseline, folder, judge, two_cores):
    """Race whole searches, two jobs at a time: the hand-in's against the start's, a configuration in each job."""

    def run():
        use = core_use.CoreUse(2)
        reference = judge.reference(baseline.worker(threads=1), rehearse=True)

        @contextlib.contextmanager
        def lane(runner):
            with runner.worker(cores=two_cores, threads=1) as worker:

                def call(search):
                    place = folder(writable=True)
                    place.chmod(0o777)  # both sides write, each as its own user
                    if runner is baseline:
                        return None, search.timed(worker, place)
                    _, seconds = use.timed(worker, lambda: (None, search.timed(worker, place)))
                    search.judge(place, reference)
                    return None, seconds

                yield call

        return race.run(
            lambda: lane(baseline),
            lambda: lane(submission),
            judge.Search,
            agree=lambda _base, _mine: use.judge(),
            floor=floor.arithmetic(judge.Search().operations, "float32", 2),
        )

    return run
