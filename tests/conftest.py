"""What the tests share: a throw-away course with one small assignment, and workers for a few lines of code."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from grader.worker.client import Code, Settings, Worker
from grader.worker.limits import TRUSTED_UID, WORKER_UID
from grader.worker.spawn import ForkServer
from tests import private_slurm

ROOT = Path(__file__).resolve().parents[1]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in its background has Ctrl-C ignored, also by every command that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

TOY = {
    "assignments/01_toy/assignment.toml": """
        title = "Toy"
        minutes = 5
        [torch]
        imports = ["numpy"]
        given = ["workload.py"]
        task = "task.py"
        [[torch.target]]
        check = "fast"
        hardware = "cpu"
        speedup = 2
        source = "proposed"
        """,
    "assignments/01_toy/workload.py": """
        import numpy as np

        def doubled(x):
            import task
            return np.asarray(task.double(x))

        def total(n, seed):
            import task
            return task.total(n, seed)
        """,
    "assignments/01_toy/start/task.py": """
        import time

        def double(x):
            # TODO(1): double
            return x
            # END TODO(1)

        def total(n, seed):
            # TODO(2): do not sleep
            time.sleep(0.01)
            # END TODO(2)
            return n + seed
        """,
    "assignments/01_toy/test_torch.py": """
        import contextlib
        import secrets
        import numpy as np
        from grader.checks import check
        from grader.verdict import Failed
        from grader.worker.client import Array

        @check("double doubles", points=4, rests_on="witnessed", todo=1)
        def test_doubles(submission):
            x = np.random.default_rng().standard_normal(8)
            (y,) = submission.worker().call("doubled", x, returns=[Array("float64", (8,))], within=4)
            if not np.array_equal(y, 2 * x):
                raise Failed(f"{int(np.sum(y != 2 * x))} of 8 values are wrong.")
            return "8 of 8 values"

        @check("total is fast", points=6, rests_on="witnessed", todo=2, after=[test_doubles])
        def test_fast(submission, baseline, race):
            @contextlib.contextmanager
            def lane(runner):
                with runner.worker() as worker:
                    yield lambda seed: worker.timed("total", 5, seed)
            def agree(right, found):
                if found != right:
                    raise Failed("The total is wrong.")
            seeds = lambda: secrets.randbits(31)
            sides = (lambda: lane(baseline), lambda: lane(submission))
            return race.run(*sides, seeds, agree=agree, one_core=True)
        """,
    "assignments/01_toy/hints.md": "\n".join(
        f"## TODO({n}): x\n### 1\nWhy?\n### 2\nHow?\n### 3\nSo.\n" for n in (1, 2)
    ),
    "assignments/01_toy/README.md": """
        # Toy
        | check | points | rests on | start |
        |---|---|---|---|
        | double doubles | 4 | witnessed | failed |
        | total is fast | 6 | witnessed | not checked |
        """,
    "solutions/01_toy/task.py": """
        import time

        def double(x):
            # TODO(1): double
            return 2 * x
            # END TODO(1)

        def total(n, seed):
            # TODO(2): do not sleep
            # END TODO(2)
            return n + seed
        """,
    "tests/wrong/01_toy/triple.py": '''
        """Three is not two.

        Caught by: doubles
        """
        # TODO(1)
            return 3 * x
        # END TODO(1)
        ''',
    "tests/wrong/01_toy/still_slow.py": '''
        """Sleeps on.

        Caught by: fast
        """
        # TODO(2)
            time.sleep(0.01)
        # END TODO(2)
        ''',
}


def world_folder() -> Path:
    """A temporary folder that the workers' user can enter (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="test-"))
    folder.chmod(0o755)
    return folder


class Course:
    """A copy of the grader with a toy assignment; `run` starts commands in it as a user would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "grader", folder / "grader", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
        for name, text in TOY.items():
            self.write(name, text)
        self.write("assignments/01_toy/task.py", TOY["assignments/01_toy/start/task.py"])

    def write(self, name: str, text: str) -> Path:
        """Write a file of the course; the text is dedented."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return path

    def command(self, *words: str) -> list[str]:
        """`pytest ...` or `grader ...` with this interpreter."""
        return [sys.executable, "-m", *words]

    def env(self, **more: str) -> dict[str, str]:
        """A clean environment, 80 columns."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        return kept | {"COLUMNS": "80", "PYTHONPATH": str(self.folder)} | more

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run to the end; the caller looks at returncode, stdout, stderr."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.env(**env),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def solve(self, *, student: str | None = None) -> Path:
        """Put the solution in place: as one's own task, or as a student's hand-in."""
        place = f"class/{student}/01_toy/task.py" if student else "assignments/01_toy/task.py"
        return self.write(place, TOY["solutions/01_toy/task.py"])


@pytest.fixture
def course():
    folder = world_folder()
    yield Course(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server():
    fork_server = ForkServer(["numpy"])
    yield fork_server
    fork_server.close()


@pytest.fixture
def worker(server):
    """Start a worker for the text of a task; `answer()` of the workload calls `task.answer()`."""
    folder, started = world_folder(), []

    def start(
        task,
        workload="import numpy as np\ndef answer(*args):\n    import task\n    return task.answer(*args)\n",
        using=None,
        trusted=False,
        beside=None,
        **settings,
    ):
        (folder / "workload.py").write_text(textwrap.dedent(workload))
        (folder / "task.py").write_text(textwrap.dedent(task))
        for name, text in (beside or {}).items():
            (folder / name).write_text(text)
        scratch = folder / "scratch"
        (scratch / "home").mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            for path in (scratch, scratch / "home"):
                owner = TRUSTED_UID if trusted else WORKER_UID
                os.chown(path, owner, owner)
        code = Code(folder, ("workload", "task"), scratch, trusted)
        started.append(Worker(using or server, code, Settings(**settings)))
        return started[-1]

    yield start
    for one in started:
        one.close()
    shutil.rmtree(folder)


def lacks(what):
    """Skip a test for which this machine lacks something; in CI that is a failure."""
    assert os.environ.get("CI") != "true", what
    pytest.skip(what)


@pytest.fixture(scope="session")
def start_slurm():
    """Start another private Slurm, of another shape, to use in a `with`; where it can start at all."""

    def start(shape=None):
        if missing := private_slurm.missing(shape):
            lacks(f"no private Slurm here, missing: {', '.join(missing)}")
        return private_slurm.PrivateSlurm(shape)

    return start


@pytest.fixture(scope="session")
def slurm_cluster(start_slurm):
    """The private Slurm of the whole session; a test takes `slurm`."""
    with start_slurm() as cluster:
        yield cluster


@pytest.fixture
def slurm(slurm_cluster):
    """A private Slurm with idle nodes (tests/private_slurm); jobs that the test leaves behind are cancelled."""
    yield slurm_cluster
    slurm_cluster.tidy()


@pytest.fixture
def klass(course, slurm):
    """Makes a class of `count`; checks take `pause` seconds longer; further words change the site's profile."""
    from tests.slurm_class import Class

    yield lambda count, pause=0.0, **profile: Class(course, slurm, count, pause, **profile)
    # Tasks end by themselves soon after the last verdict; cancelled, they would take Slurm's KillWait.
    for _ in range(50):
        if not slurm.run("squeue", "-h").stdout:
            break
        time.sleep(0.1)


@pytest.fixture
def desk(course, slurm):
    """A student's desk on the login node of a cluster."""
    from tests.submit_desk import Desk

    return Desk(course.folder / "desk", slurm)
