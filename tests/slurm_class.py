"""A class on a throw-away course for the tests of job arrays: quick checks that write down when they ran."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

from tests.conftest import ROOT, TOY

ACCOUNT = "naiss2024-1-2"
CHECKS = """
    import sys
    import time
    import numpy as np
    from grader.checks import check
    from grader.verdict import Failed
    from grader.worker.client import Array

    @check("double doubles", points=4, rests_on="witnessed", todo=1)
    def test_doubles(submission):
        x = np.random.default_rng().standard_normal(8)
        (y,) = submission.worker().call("doubled", x, returns=[Array("float64", (8,))])
        time.sleep({pause})
        if not np.array_equal(y, 2 * x):
            raise Failed(f"{{int(np.sum(y != 2 * x))}} of 8 values are wrong.")
        return f"by {{sys.prefix}}"

    @check("total adds", points=6, rests_on="witnessed", todo=2, after=[test_doubles])
    def test_total(submission):
        time.sleep({pause})
        if submission.worker().call("total", 2, 3) != 5:
            raise Failed("2 and 3 is 5.")
    """
# A line for each check that begins, and one when its verdict is in results.json; the file is only appended to.
# No check begins while there is a file `hold`.
DIARY = """
    import time
    from pathlib import Path

    DIARY = Path(__file__).parents[2] / "diary"
    WHO = []

    def note(*words):
        with DIARY.open("a") as file:
            file.write(" ".join(words) + "\\n")

    def pytest_configure(config):
        WHO[:] = [Path(config.getoption("against")).parents[1].name] if config.getoption("against") else []

    def pytest_runtest_call(item):
        while DIARY.with_name("hold").exists():
            time.sleep(0.05)
        note("began", *WHO, item.nodeid.rpartition("/")[2])

    def pytest_runtest_logreport(report):
        if report.when == "call":
            note("saved", *WHO, report.nodeid.rpartition("/")[2])
    """
SOLUTION = TOY["solutions/01_toy/task.py"]
WRONG = "def double(x):\n    return 3 * x\n"
HALF = "def double(x):\n    return 2 * x\n\ndef total(n, seed):\n    return n\n"
ALL, SOME, NONE = ("passed", 4, "passed", 6), ("passed", 4, "failed", 0.0), ("failed", 0.0, "not checked", 0.0)


class Class:
    """Hand-ins of as many students, over so many assignments; the cluster they are sent to; what became of them."""

    def __init__(self, course, slurm, count, pause=0.0, assignments=1, **profile) -> None:
        self.course, self.slurm, self.out = course, slurm, course.folder / "out"
        course.write("assignments/01_toy/test_torch.py", CHECKS.format(pause=pause))
        course.write("assignments/01_toy/conftest.py", DIARY)
        names = [f"{number + 1:02}_toy" for number in range(assignments)]
        for parent, name in itertools.product(("assignments", "solutions"), names[1:]):
            shutil.copytree(course.folder / parent / names[0], course.folder / parent / name)
        self.expected = {}
        for number in range(count):
            name = f"Åsa {number} Öberg"
            code, self.expected[name] = [(SOLUTION, ALL), (HALF, SOME), (WRONG, NONE)][number % 3]
            course.write(f"class/{name}/{names[number % assignments]}/task.py", code)
        self.profile(**profile)

    def profile(self, **lines) -> None:
        """Write the profile of the site `local`, with other lines of [slurm]."""
        text = (ROOT / "jobscripts/sites/local.toml").read_text("utf-8")
        for key, value in lines.items():
            old = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
            text = text.replace(old, f"{key} = {json.dumps(value)}")
        self.course.write("jobscripts/sites/local.toml", text)

    def env(self, **more):
        """The environment of a head on the cluster; the site's Python is this one, unless `more` says otherwise."""
        return self.slurm.environment(self.course.env()) | {"EXERCISES_VENV": sys.prefix} | more

    def command(self, *words):
        """`grader grade` on the cluster."""
        base = ("grader", "grade", "class", "--out", "out", "--site", "local", "--account", ACCOUNT)
        return self.course.command(*base, *words)

    def run(self, *words, **env) -> subprocess.CompletedProcess[str]:
        """A head from its start to its end."""
        options = {"cwd": self.course.folder, "env": self.env(**env), "capture_output": True, "text": True}
        return subprocess.run(self.command(*words), timeout=240, check=False, **options)

    def start(self, *words, **env) -> subprocess.Popen[str]:
        """A head that goes on beside the test."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(self.command(*words), cwd=self.course.folder, env=self.env(**env), **pipes)

    def kill(self, head) -> None:
        """SIGKILL for a head, and what it had to say until then is dropped."""
        head.send_signal(signal.SIGKILL)
        head.communicate()

    @contextlib.contextmanager
    def held(self):
        """Within it no check begins, so that a task with a verdict to come does not end."""
        hold = self.course.write("hold", "")
        try:
            yield
        finally:
            hold.unlink()

    # --- looking ---

    def array(self):
        """array.json, None without one."""
        path = self.out / "jobs/array.json"
        return json.loads(path.read_text()) if path.exists() else None

    def job(self):
        """Slurm's number of the array on its way; waits for it."""
        return wait_for(lambda: (self.array() or {}).get("job"))

    def at_work(self):
        """The tasks of the array that run and have a verdict to come, and on which node: {"7_0": "a100-1"}."""
        if not (job := (one := self.array() or {}).get("job")):
            return {}
        said = self.slurm.run("squeue", "-h", "-r", "-j", job, "-t", "running", "-o", "%i %N").stdout
        running = dict(line.split() for line in said.splitlines())
        return {task: node for task, node in running.items() if any(map(self._open, one["chunks"][index(task)]))}

    def _open(self, folder):
        path = self.out / folder / "results.json"
        return not path.exists() or any(c["verdict"] is None for c in json.loads(path.read_text())["checks"])

    def diary(self):
        """(`began` or `saved`, id, check) in the order in which it happened."""
        path = self.course.folder / "diary"
        return [tuple(line.split()) for line in path.read_text().splitlines()] if path.exists() else []

    def saved(self):
        """How many verdicts were written so far."""
        return sum(word == "saved" for word, *_ in self.diary())

    def verdicts(self):
        """Verdict and points of both checks, by student."""
        names = {i: s["name"] for i, s in json.loads((self.out / "students.json").read_text())["students"].items()}
        found = {}
        for path in self.out.glob("*/*/results.json"):
            checks = json.loads(path.read_text())["checks"]
            found[names[path.parts[-3]]] = tuple(x for c in checks for x in (c["verdict"], c.get("earned")))
        return found

    def assert_graded_once(self) -> None:
        """Nothing is missing, and no check ran again after its verdict was written."""
        assert self.verdicts() == self.expected
        done = Counter()
        for word, *check in self.diary():
            assert word == "saved" or not done[tuple(check)], f"{check} ran again after its verdict"
            done[tuple(check)] += word == "saved"
        assert self.array() is None
        assert not list(self.out.glob("jobs/claims-*"))


def index(task):
    """The number of a task in its array: 1 of "7_1"; 0 for a job that is no array."""
    return int(task.partition("_")[2] or 0)


def wait_for(condition, within=90.0):
    """Poll a condition that other processes make true."""
    end = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
    return value


def cheap_venv(folder):
    """An interpreter of its own that sees the packages of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    mine = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "others.pth").write_text(f"{mine}\n")
    return folder
