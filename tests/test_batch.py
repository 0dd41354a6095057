"""A class on a throw-away course: graded, killed at many moments, resumed, raced by a second run."""

import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from grader import batch, batch_job, catalog, ledger
from grader.collect import Submission
from grader.errors import UsageError
from grader.worker import procs

HALF = """
    import time
    def double(x):
        # TODO(1): double
        return 2 * x
        # END TODO(1)
    def total(n, seed):
        # TODO(2): do not sleep
        time.sleep(0.01)
        # END TODO(2)
        return n + seed
    """


@pytest.fixture
def klass(course):
    """Four hand-ins: right, half, hanging, missing."""
    course.solve(student="Åsa, Öberg")
    course.write("class/half done/01_toy/task.py", HALF)
    course.write("class/hangs/01_toy/task.py", "def double(x):\n    while True: pass\n")
    course.write("class/missing/01_toy/notes.txt", "sorry")
    return course


def verdicts(course, out="out"):
    """Exact verdicts and points by student name; measured ones (noise) are left out."""
    folder = course.folder / out
    names = {i: s["name"] for i, s in json.loads((folder / "students.json").read_text())["students"].items()}
    return {
        names[path.parts[-3]]: {c["id"]: (c["verdict"], c.get("earned")) for c in checks if c["id"] != "fast"}
        for path in folder.glob("*/*/results.json")
        for checks in [json.loads(path.read_text())["checks"]]
    }


EXPECTED = {
    "Åsa, Öberg": {"doubles": ("passed", 4)},
    "half done": {"doubles": ("passed", 4)},
    "hangs": {"doubles": ("failed", 0.0)},
    "missing": {"doubles": ("failed", 0.0)},
}
GRADE = ("grader", "grade", "class", "--out", "out")


def test_a_class_is_graded_and_again_runs_nothing(klass):
    answer = klass.run(*GRADE)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert verdicts(klass) == EXPECTED
    assert re.search(r"Åsa, Öberg .* 10 of 10", answer.stdout)
    assert "without a sandbox" in answer.stdout
    before = {p: p.stat().st_mtime_ns for p in klass.folder.glob("out/*/*/results.json")}
    assert klass.run(*GRADE).returncode == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_verdicts_of_a_kind_are_taken_back_on_request_only(klass):
    klass.run(*GRADE)
    stamps = {p: p.stat().st_mtime_ns for p in klass.folder.glob("out/*/*/results.json")}
    doubtful = next(p for p in stamps if '"passed"' in p.read_text())
    doubtful.write_text(re.sub(r'"passed"', '"not measured"', doubtful.read_text(), count=1))
    assert verdicts(klass) != EXPECTED
    for more in ((), ("--again", "unsure")):
        klass.run(*GRADE, *more)
        assert verdicts(klass) != EXPECTED
    answer = klass.run(*GRADE, "--again", "not measured", "--again", "unsure")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert verdicts(klass) == EXPECTED
    untouched = [p for p in stamps if '"missing"' in p.read_text()]
    assert untouched
    assert all(p.stat().st_mtime_ns == stamps[p] for p in untouched)


def test_no_name_reaches_an_argv_a_path_or_a_log(klass):
    klass.run(*GRADE)
    for path in (klass.folder / "out").rglob("*"):
        assert "berg" not in str(path)
        if path.is_file() and path.name != "students.json":
            assert b"berg" not in path.read_bytes(), path


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment_and_run_again_the_verdicts_are_the_same(klass, seed):
    rng = random.Random(seed)
    process = subprocess.Popen(
        klass.command(*GRADE), cwd=klass.folder, env=klass.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(rng.uniform(0.05, 8))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    finished = {}
    for path in klass.folder.glob("out/*/*/results.json"):
        for check in json.loads(path.read_text())["checks"]:
            if check["verdict"] is not None:
                finished[path, check["id"]] = check
    answer = klass.run(*GRADE)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert verdicts(klass) == EXPECTED
    for (path, name), check in finished.items():  # a finished check is never run again: seconds and all are the same
        assert check in json.loads(path.read_text())["checks"], name
    assert not list(klass.folder.glob("out/jobs/running-*"))
    assert not list(klass.folder.glob("out/lock"))


def wait_for(condition, within=60.0):
    """Poll a condition that another process makes true."""
    end = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
    return value


def test_a_job_that_survived_its_head_is_ended_by_the_next(klass):
    for student in ("Åsa, Öberg", "half done", "missing"):
        for path in sorted((klass.folder / "class" / student).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (klass.folder / "class" / student).rmdir()
    test = klass.folder / "assignments/01_toy/test_torch.py"
    test.write_text(test.read_text().replace("within=2", "within=600"))
    head = subprocess.Popen(
        klass.command(*GRADE), cwd=klass.folder, env=klass.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    (marker,) = wait_for(lambda: list(klass.folder.glob("out/jobs/running-*.json")))
    job = json.loads(wait_for(marker.read_text))["pid"]
    wait_for(lambda: len(procs.tree(job)) >= 4)  # the job, pytest, the fork server, the hanging worker
    head.kill()
    head.wait()
    family = {pid: procs.start_time(pid) for pid in procs.tree(job)}
    test.write_text(test.read_text().replace("within=600", "within=2"))
    assert klass.run(*GRADE).returncode == 0
    assert not [pid for pid, started in family.items() if started and procs.start_time(pid) == started]
    assert verdicts(klass) == {"hangs": EXPECTED["hangs"]}


def test_a_job_whose_head_lost_the_folder_checks_nothing(tmp_path):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "lock").write_text('{"token": "of the new head"}')
    assert batch_job.run(str(tmp_path), "of the old head", ["h1/01_toy"]) == {}


def test_a_second_run_on_the_same_folder_says_so_and_stops(klass):
    head = subprocess.Popen(klass.command(*GRADE), cwd=klass.folder, env=klass.env(), stdout=subprocess.DEVNULL)
    wait_for((klass.folder / "out/lock").exists)
    second = klass.run(*GRADE)
    assert second.returncode == 2
    assert "is in use: another `grader grade` runs there" in re.sub(r"\s+", " ", second.stderr)
    assert head.wait() == 0
    assert verdicts(klass) == EXPECTED


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("foreign", "is not empty and holds no earlier grading"),
        ("class", "lies in the hand-ins"),
        ("class/results", "lies in the hand-ins"),
        ("foreign/thesis.tex", "is a file"),
    ],
)
def test_a_results_folder_that_cannot_be_one_is_refused_before_anything_is_written(klass, out, message):
    klass.write("foreign/thesis.tex", "important")
    before = sorted(klass.folder.rglob("*"))
    answer = klass.run("grader", "grade", "class", "--out", out)
    assert answer.returncode == 2
    assert message in re.sub(r"\s+", " ", answer.stderr)
    assert [p for p in sorted(klass.folder.rglob("*")) if "__pycache__" not in p.parts] == [
        p for p in before if "__pycache__" not in p.parts
    ]


def test_a_broken_or_newer_students_json_is_kept(klass):
    klass.run(*GRADE)
    path = klass.folder / "out/students.json"
    for text in ('{"schema": 9, "students": {}}', '{"schema": 1, "students": ["x"]}', "{"):
        path.write_text(text)
        answer = klass.run(*GRADE)
        assert answer.returncode == 2
        assert "students.json" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert path.read_text() == text


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("free", [0, 20_000, 60_000])
def test_a_full_disk_is_one_message_and_the_run_goes_on_afterwards(klass, free):
    out = klass.folder / "out"
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", out], check=True)
    try:
        (out / ".filler").write_bytes(b"x" * (300 * 1024 - free - 4096))
        answer = klass.run(*GRADE)
        assert "Traceback" not in answer.stderr
        assert answer.returncode in (0, 1, 2)
        (out / ".filler").unlink()
        assert klass.run(*GRADE).returncode == 0
        assert verdicts(klass) == EXPECTED
    finally:
        subprocess.run(["umount", out], check=True)


def test_a_file_name_that_is_not_utf8_is_one_students_matter(klass):
    (klass.folder / "class/half done").rename(klass.folder / "class" / os.fsdecode(b"lat\xe51"))
    answer = klass.run(*GRADE)
    assert answer.returncode == 0, answer.stderr
    assert set(verdicts(klass)) == {"Åsa, Öberg", "hangs", "missing", "lat\\xe51"}


@pytest.mark.parametrize("stop", ["SIGTERM", "Ctrl-C"])
def test_sigterm_stops_like_ctrl_c_and_leaves_no_lock(klass, stop):
    options = {"cwd": klass.folder, "env": klass.env(), "stderr": subprocess.PIPE, "text": True}
    head = subprocess.Popen(klass.command(*GRADE), process_group=0, **options)
    wait_for(lambda: list(klass.folder.glob("out/jobs/running-*.json")))
    if stop == "Ctrl-C":  # a terminal sends it to all that was started from it
        os.killpg(head.pid, signal.SIGINT)
    else:
        head.terminate()
    said = head.communicate()[1]
    assert said.strip() == "Stopped. Nothing that was finished is lost; the same command goes on."
    assert not (klass.folder / "out/lock").exists()
    assert klass.run(*GRADE).returncode == 0
    assert verdicts(klass) == EXPECTED


def test_results_of_a_newer_grader_are_said_after_the_others_are_graded(klass):
    klass.run(*GRADE)
    path = next(klass.folder.glob("out/*/*/results.json"))
    path.write_text('{"schema": 99}')
    others = {p for p in klass.folder.glob("out/*/*/results.json") if p != path}
    for other in others:
        other.unlink()
    answer = klass.run(*GRADE)
    assert answer.returncode == 2
    assert "has schema 99" in answer.stderr
    assert path.read_text() == '{"schema": 99}'
    assert all(other.exists() for other in others)


def test_unreadable_results_stop_that_assignment_of_the_student_only(tmp_path):
    both = [
        Submission("h1", "Ada", catalog.find(number), tmp_path / "h1" / catalog.find(number).name, "key")
        for number in ("02", "03")
    ]
    both[0].folder.mkdir(parents=True)
    both[0].results.write_text("{")
    ran = []
    with pytest.raises(UsageError, match="All other hand-ins were graded"):
        batch._grade(tmp_path, both, "token", lambda *_: None, lambda _out, _token, some, _show: ran.extend(some))
    assert ran == both[1:]


def test_the_ledger_keeps_what_was_spent_on_other_assignments(tmp_path):
    row = "h1,03_data_loading,torch,few_files,passed,1.5,0.00042,NVIDIA A100"
    (tmp_path / "ledger.csv").write_text(",".join(ledger.COLUMNS) + "\n" + row + "\n")
    other = Submission("h1", "Ada", catalog.find("02"), tmp_path / "h1" / "02_precision", "key")
    ledger.write(tmp_path, [other], 1)
    assert (tmp_path / "ledger.csv").read_text().splitlines()[1:] == [row]
    ledger.write(tmp_path, [Submission("h1", "Ada", catalog.find("03"), tmp_path / "h1" / "03_data_loading", "key")], 1)
    assert (tmp_path / "ledger.csv").read_text().splitlines()[1:] == []
