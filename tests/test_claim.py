"""Only the task that claimed a part last can write its results."""

import json
import os
import subprocess
import sys

import pytest

from grader import array, batch_job, claim, results
from grader.errors import UsageError
from tests.slurm_class import Class, wait_for

DOCUMENT = {
    "schema": 2,
    "grader": "0",
    "assignment": "01_toy",
    "title": "Toy",
    "whose": "the hand-in",
    "key": "k",
    "isolated": False,
    "machine": {},
    "files": [],
    "checks": [],
}


@pytest.fixture
def out(tmp_path):
    (tmp_path / "jobs").mkdir()
    claim.open_run(tmp_path, "run")
    return tmp_path


def test_who_takes_over_ends_the_others_writes(out):
    first = claim.take(out, "run", 0)
    results.write(out / "results.json", {**DOCUMENT, "title": "first"}, first)
    second = claim.take(out, "run", 0)
    with pytest.raises(UsageError):
        results.write(out / "results.json", {**DOCUMENT, "title": "late"}, first)
    assert results.read(out / "results.json")["title"] == "first"
    results.write(out / "results.json", {**DOCUMENT, "title": "second"}, second)
    assert results.read(out / "results.json")["title"] == "second"
    assert not first.exists()
    assert not list(second.iterdir())


def test_a_write_that_had_begun_does_not_arrive(out):
    first = claim.take(out, "run", 0)
    temporary = first / ".results.json.1"
    temporary.write_text("late")
    claim.take(out, "run", 0)
    with pytest.raises(FileNotFoundError):
        temporary.replace(out / "results.json")


def test_parts_do_not_touch_each_other(out):
    first, other = claim.take(out, "run", 0), claim.take(out, "run", 1)
    claim.take(out, "run", 0)
    assert other.is_dir()
    assert not first.is_dir()


def test_after_the_end_of_a_run_nobody_can_claim_or_write(out):
    mine = claim.take(out, "run", 0)
    claim.close_run(out, "run")
    assert claim.take(out, "run", 0) is None
    with pytest.raises(UsageError):
        results.write(out / "results.json", dict(DOCUMENT), mine)
    assert batch_job.run_task(str(out), "run", 0, ["h1/01_toy"]) == {}
    assert not (out / "results.json").exists()
    assert not list((out / "jobs").iterdir())


def test_of_many_that_take_over_at_once_one_is_left(out):
    code = "import sys, pathlib, grader.claim; print(grader.claim.take(pathlib.Path(sys.argv[1]), 'run', 0))"
    many = [subprocess.Popen([sys.executable, "-c", code, out], stdout=subprocess.PIPE, text=True) for _ in range(8)]
    taken = [process.communicate()[0].strip() for process in many]
    assert len(set(taken)) == 8
    assert sum(map(os.path.isdir, taken)) == 1


def test_a_twin_that_claims_between_the_two_steps_of_another_is_taken_over(out, monkeypatch):
    remove, twins = claim._remove, []

    def slow_remove(folder):
        remove(folder)
        if not twins:
            twins.append(None)  # the twin's own removal comes here, too
            twins.append(claim.take(out, "run", 0))

    monkeypatch.setattr(claim, "_remove", slow_remove)
    mine = claim.take(out, "run", 0)
    assert (mine.is_dir(), twins[1].is_dir()) == (True, False)
    assert [folder.name for folder in mine.parent.parent.iterdir()] == ["0"]


def test_a_superseded_twin_stops_and_writes_nothing(course):
    mine = Class(course, None, 1, pause=0.5)
    out = course.folder / "out"
    for id_ in ("h1", "h2"):
        course.write(f"out/{id_}/01_toy/submission/task.py", (course.folder / "solutions/01_toy/task.py").read_text())
    (out / "jobs").mkdir()
    claim.open_run(out, "run")
    code = f"from grader import batch_job; batch_job.run_task({str(out)!r}, 'run', 0, ['h1/01_toy', 'h2/01_toy'])"
    options = {"cwd": course.folder, "env": course.env(), "stdout": subprocess.PIPE, "text": True}
    first = subprocess.Popen([sys.executable, "-c", code], **options)
    wait_for(lambda: mine.saved() >= 1)
    with mine.held():
        (claimed,) = (out / "jobs/claims-run/0").iterdir()
        second = subprocess.Popen([sys.executable, "-c", code], **options)
        wait_for(lambda: not claimed.exists())
    said, _ = first.communicate(timeout=60)
    assert "No such file or directory" in said
    second.communicate(timeout=60)
    assert sorted(check for word, *check in mine.diary() if word == "saved") == [
        [id_, f"test_torch.py::{name}"] for id_ in ("h1", "h2") for name in ("test_doubles", "test_total")
    ]
    for path in out.glob("*/*/results.json"):
        assert [c["verdict"] for c in json.loads(path.read_text())["checks"]] == ["passed", "passed"]


@pytest.mark.parametrize("text", ["{", '{"schema": 2}', '{"schema": 1, "token": 3}', "[]"])
def test_an_array_json_that_is_not_ours_is_said_and_kept(tmp_path, text):
    (tmp_path / "jobs").mkdir()
    path = tmp_path / "jobs" / array.NAME
    path.write_text(text)
    with pytest.raises(UsageError, match=r"squeue --me.*\n?.*rm "):
        array.load(tmp_path)
    assert path.read_text() == text


def test_a_job_imports_nothing_that_a_node_may_lack():
    code = "import sys, grader.batch_job; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pytest" in loaded
    lacking = {"submitit", "cloudpickle", "rich", "jinja2", "nbgrader", "matplotlib", "scipy", "torch", "tensorflow"}
    assert not lacking & set(loaded)
