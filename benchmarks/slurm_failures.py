"""Twenty hand-ins over four assignments as job arrays on a private Slurm, while everything breaks that can.

    python benchmarks/slurm_failures.py [assignment ...]      (default: 02 03 05 06; needs slurm-wlm, munge, torch)

A node goes down, a task is cancelled, all are preempted, slurmctld is killed and comes back; each time the head is
killed as well, and started again. At the end: is a verdict missing, did a check run again after its verdict was
written, has a solution failed?
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.conftest import Course  # noqa: E402
from tests.private_slurm import PrivateSlurm  # noqa: E402
from tests.slurm_class import DIARY, Class, wait_for  # noqa: E402
from tests.test_slurm_batch import BREAKS  # noqa: E402

FIVE = ("solution", "solution", "solution", "start", "start")


class Real(Class):
    """The same as the tests' class, with the repository's assignments."""

    def __init__(self, course: Course, slurm: PrivateSlurm, names: list[str]) -> None:
        """Make five hand-ins for each assignment, one for each of twenty (or fewer) students."""
        self.course, self.slurm, self.out = course, slurm, course.folder / "out"
        shutil.rmtree(course.folder / "assignments")
        for name in ("assignments", "solutions"):
            shutil.copytree(ROOT / name, course.folder / name, dirs_exist_ok=True)
        for prefix in names:
            (folder,) = (course.folder / "assignments").glob(f"{prefix}_*")
            with (folder / "conftest.py").open("a", encoding="utf-8") as file:
                file.write(textwrap.dedent(DIARY))
            for number, kind in enumerate(FIVE):
                source = folder / "start" if kind == "start" else course.folder / "solutions" / folder.name
                shutil.copytree(source, course.folder / f"class/{kind} {number} of {prefix}" / folder.name)
        self.profile(partition="spare")


def again(diary: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The checks that began after their verdict was written."""
    saved: set[tuple[str, ...]] = set()
    found = []
    for word, *check in diary:
        if word == "saved":
            saved.add(tuple(check))
        elif tuple(check) in saved and check[0] != "solutions":  # a race of the solution belongs to a task
            found.append(tuple(check))
    return found


def main(names: list[str]) -> int:
    """Grade, break, count; 0 when all is as it should be."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-failures-"))
    folder.chmod(0o755)
    with PrivateSlurm() as slurm:
        made = Real(Course(folder), slurm, names)
        began, head = time.monotonic(), made.start("--throttle", "4")
        for breaks in BREAKS:
            target = made.saved() + 3 * len(names)
            wait_for(lambda target=target: made.saved() >= target, within=1800)
            made.kill(head)
            breaks(made, made.job())
            print(
                f"{time.monotonic() - began:5.0f} s  {made.saved()} verdicts, {breaks.__name__}, head killed",
                flush=True,
            )
            head = made.start("--throttle", "4")
        said, _ = head.communicate()
        took = time.monotonic() - began
        calls = Counter({name: len(slurm.calls(name)) for name in ("sbatch", "squeue", "sacct")})
    checks: list[tuple[str, dict[str, Any]]] = []
    students = json.loads((made.out / "students.json").read_text("utf-8"))["students"]
    for path in made.out.glob("*/*/results.json"):
        name = students[path.parts[-3]]["name"]
        checks += [(name, check) for check in json.loads(path.read_text("utf-8"))["checks"]]
    print(Counter(f"{name.partition(' ')[0]}: {check['verdict']}" for name, check in checks))
    lost = [(name, c["id"], c.get("evidence")) for name, c in checks if name[:3] == "sol" and c["verdict"] == "failed"]
    missing = [(name, c["id"]) for name, c in checks if c["verdict"] in (None, "grader fault")]
    twice = again(made.diary())
    print(f"{took:.0f} s, {len(students)} hand-ins, {len(checks)} checks, exit {head.returncode}, {dict(calls)}")
    print(f"missing: {missing}\nran again after its verdict: {twice}\nsolutions that failed: {lost}")
    if head.returncode or missing or twice or lost:
        print(said, f"kept: {folder}", sep="\n")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["02", "03", "05", "06"]))
