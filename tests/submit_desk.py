"""A student's desk on the login node of a private Slurm, for tests of `grader submit`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def but_queued(text):
    """The lines without those on the job's place in the queue, which come as Slurm finds its reasons."""
    return [line for line in text.splitlines() if " is queued" not in line]


def panel(text):
    """What is said about the checks, from the heading on; of the race, whose verdict is the machine's, that it ran."""
    shown = text[text.index("01 Toy: ") :]
    shown = re.sub(r"\n\d+ (passed|failed|skipped)[^\n]* in .*", "", shown)  # pytest's own last line
    shown = re.sub(r"\n\n+", "\n\n", shown)  # pytest leaves two lines free
    return re.sub(r"\n(?!o  ).{3}total is fast.*?(?=\n\n)", "\ntotal is fast", shown, flags=re.DOTALL).strip()
