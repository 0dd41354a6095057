"""The `grader` command as typed: student verbs, mistakes, no tracebacks."""

import re
import shutil

import pytest

from tests.conftest import ROOT

TASK = "assignments/01_toy/task.py"


def test_list_shows_where_one_stands(course):
    assert re.search(r"01 +Toy +torch +5 min +0 of +2 TODOs +not checked yet", course.run("grader", "list").stdout)
    course.solve()
    course.run("pytest", "assignments/01")
    assert "2 of  2 TODOs  10 of 10 points" in course.run("grader", "list").stdout


def test_list_ends_with_the_first_that_is_not_done(course):
    for name in ("assignment.toml", "workload.py", "start/task.py", "task.py", "hints.md", "test_torch.py"):
        course.write(f"assignments/02_other/{name}", (course.folder / "assignments/01_toy" / name).read_text())
    assert "Check one: pytest assignments/01 " in course.run("grader", "list").stdout
    course.solve()
    assert "Check one: pytest assignments/02 " in course.run("grader", "list").stdout


def test_hints_come_in_levels(course):
    assert "First level: grader hint 01 1" in course.run("grader", "hint", "01").stdout
    first = course.run("grader", "hint", "01", "1").stdout
    assert first == "TODO(1) in task.py, hint 1 of 3\n\nWhy?\n\nMore: grader hint 01 1 2\n"
    assert course.run("grader", "hint", "01", "2", "3").stdout == "TODO(2) in task.py, hint 3 of 3\n\nSo.\n"


def test_diff_and_reset_work_without_git_and_without_todo_marks(course):
    assert course.run("grader", "diff", "01").stdout == "01_toy is as shipped.\n"
    mine = course.write(TASK, "def double(x):\n    return 2 * x  # no marks any more\n")
    assert "+    return 2 * x  # no marks any more" in course.run("grader", "diff", "01").stdout
    answer = course.run("grader", "reset", "01").stdout
    assert mine.read_text() == (course.folder / "assignments/01_toy/start/task.py").read_text()
    (backup,) = mine.parent.glob("*.bak")
    assert backup.name in answer
    assert "no marks any more" in backup.read_text()
    course.run("grader", "reset", "01")
    assert len(list(mine.parent.glob("*.bak"))) == 1


def test_reset_brings_back_a_deleted_file(course):
    (course.folder / TASK).unlink()
    assert "Get the start back: grader reset 01" in course.run("grader", "diff", "01").stderr
    course.run("grader", "reset", "01")
    assert "as shipped" in course.run("grader", "diff", "01").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("hint", "09"), "'09' fits no assignment: 01"),
        (("hint", "01", "7"), "01_toy has no TODO(7); it has 1, 2"),
        (("hint", "01", "1", "9"), "hints have levels 1 to 3, not 9"),
        (("grade", "nowhere"), "no such folder: nowhere"),
        (("grade", TASK), "is a file; expected a folder"),
        (("grade", "grader"), "nothing to grade"),
        (("grade", "class", "--assignment", "7"), "'7' fits no assignment"),
        (("report", "nowhere"), "nowhere"),
        (("verify", "09"), "'09' fits no assignment"),
    ],
)
def test_a_mistake_is_one_message_and_exit_status_2(course, words, message):
    answer = course.run("grader", *words)
    assert answer.returncode == 2
    assert message in re.sub(r"\s+", " ", answer.stderr)
    assert "Traceback" not in answer.stderr


def test_a_task_that_is_not_utf8_is_said_by_diff_and_by_the_check(course):
    (course.folder / TASK).write_bytes(b"# caf\xe9\n")
    assert "is not UTF-8" in course.run("grader", "diff", "01").stderr
    assert "task.py is not UTF-8 (line 1)" in course.run("pytest", "assignments/01").stdout


def test_doctor_finds_this_machine_able_to_run_workers(course):
    answer = course.run("grader", "doctor")
    assert answer.returncode == 0, answer.stdout
    assert re.search(r"^ok +workers start", answer.stdout, re.MULTILINE)
    assert "without a sandbox" in answer.stdout


def test_a_job_script_is_checked_on_a_site(course):
    shutil.copytree(ROOT / "jobscripts", course.folder / "jobscripts")
    text = (ROOT / "jobscripts/alvis/one_gpu.sh").read_text("utf-8")
    course.write(
        "right.sh", text.replace("NAISSyyyy-rr-nnn", "NAISS2026-4-123").replace("groups/PROJECT", "groups/mine")
    )
    course.write("wrong.sh", text.replace("#SBATCH -t 00:10:00", "#SBATCH -t 10-00:00:00"))
    right = course.run("grader", "script", "right.sh", "--site", "alvis")
    assert right.returncode == 0, right.stdout
    wrong = course.run("grader", "script", "wrong.sh", "--site", "alvis")
    assert wrong.returncode == 1
    assert re.search(r"^error: line \d+: -A NAISSyyyy-rr-nnn", wrong.stdout, re.MULTILINE), wrong.stdout
    assert "-t 10-00:00:00" in wrong.stdout
    course.write("windows.sh", "").write_bytes((course.folder / "right.sh").read_bytes().replace(b"\n", b"\r\n"))
    windows = course.run("grader", "script", "windows.sh", "--site", "alvis")
    assert (windows.returncode, "Windows" in windows.stdout) == (1, True), windows.stdout
    course.write("latin.sh", "").write_bytes(b"# caf\xe9\n")
    assert (
        "latin.sh cannot be read: it is not UTF-8"
        in course.run("grader", "script", "latin.sh", "--site", "alvis").stderr
    )
    for words, said in ((("gone.sh", "--site", "alvis"), "No such file"), (("right.sh", "--site", "alviss"), "alvis")):
        answer = course.run("grader", "script", *words)
        assert (answer.returncode, said in answer.stderr) == (2, True), answer.stderr
