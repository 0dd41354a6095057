"""Intake: what is copied, what is refused and why; archives; names stay with the head."""

import io
import json
import os
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader import catalog, collect, intake
from grader.errors import UsageError

ASSIGNMENT = catalog.find("03")
SIDE = ASSIGNMENT.side("torch")
START = ASSIGNMENT.start(SIDE).read_text("utf-8")


def take(folder):
    return intake.take(ASSIGNMENT, SIDE, folder)


def test_states_of_a_task_file(tmp_path):
    assert take(tmp_path).state == "missing"
    (tmp_path / "task.py").write_text(START)
    assert (take(tmp_path).state, take(tmp_path).untouched) == ("start", (1, 2, 3, 4, 5))
    (tmp_path / "task.py").write_text(START.replace("before = 0", "before = 1"))
    assert (take(tmp_path).state, take(tmp_path).untouched) == ("edited", (2, 3, 4, 5))


def test_windows_line_ends_and_a_byte_order_mark_are_still_the_start(tmp_path):
    (tmp_path / "task.py").write_bytes(b"\xef\xbb\xbf" + START.replace("\n", "\r\n").encode())
    assert take(tmp_path).state == "start"


def test_what_was_staged_is_read_as_the_same_again(tmp_path):
    """Else its results would never be those of the hand-in."""
    (tmp_path / "task.py").write_bytes(
        b"\xef\xbb\xbf\xef\xbb\xbf" + START.replace("\n", "\r\r\n").encode() + b"x = 1\r"
    )
    first = take(tmp_path)
    collect.stage(tmp_path / "staged", [first])
    assert take(tmp_path / "staged").digest == first.digest


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (lambda p: p.symlink_to(ASSIGNMENT.solution(SIDE)), "is a link; hand in the file itself"),
        (lambda p: p.symlink_to("nowhere"), "is a link"),
        (lambda p: p.mkdir(), "is not a regular file"),
        (os.mkfifo, "is not a regular file"),
        (lambda p: p.write_bytes(b"x = 1\n\xff\xfe"), "is not UTF-8 (line 2)"),
        (lambda p: p.write_bytes(b"x = 1\0"), "holds NUL bytes"),
        (lambda p: p.write_bytes(b"#" * ((1 << 20) + 1)), "is larger than 1 MiB"),
    ],
)
def test_what_is_refused_says_why(tmp_path, make, note):
    make(tmp_path / "task.py")
    file = take(tmp_path)
    assert file.state == "refused"
    assert note in file.note
    assert file.text == ""


def test_a_fragment_is_set_into_the_solution_below_tests_and_nowhere_else(tmp_path, monkeypatch):
    fragment = tmp_path / "wrong.py"
    marks = "# TODO(1)\n    before = after = 7\n# END TODO(1)\n"
    fragment.write_text(f'"""Counts wrongly.\n\nCaught by: opens_counted\n"""\n{marks}')
    solution = ASSIGNMENT.solution(SIDE).read_text("utf-8")
    assert take(fragment).text == fragment.read_text()  # a hand-in is never completed
    monkeypatch.setattr(intake, "FRAGMENTS", tmp_path)
    composed = take(fragment).text
    assert "before = after = 7" in composed
    assert composed.count("\n") == solution.count("\n") - 1


def test_every_form_of_hand_in_is_found_and_names_stay_with_the_head(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    out.mkdir()
    (source / "Åsa, Öberg" / ASSIGNMENT.name).mkdir(parents=True)
    (source / "Åsa, Öberg" / ASSIGNMENT.name / "task.py").write_text("a = 1\n")
    (source / "flat").mkdir()
    (source / "flat" / "task.py").write_text("b = 1\n")
    with zipfile.ZipFile(source / "zipped one.zip", "w") as archive:
        archive.writestr("my hand-in/03_data_loading/task.py", "c = 1\n")
    found = {s.name: s for s in collect.collect(source, out, [ASSIGNMENT])}
    assert set(found) == {"Åsa, Öberg", "flat", "zipped one"}
    for name, text in (("Åsa, Öberg", "a = 1\n"), ("flat", "b = 1\n"), ("zipped one", "c = 1\n")):
        assert (found[name].folder / "submission" / "task.py").read_text() == text
    staged = [str(p) for p in out.rglob("*")]
    assert not any("sa" in Path(p).name and "berg" in p for p in staged)
    students = out / "students.json"
    assert stat.S_IMODE(students.stat().st_mode) == 0o600
    assert {e["name"] for e in json.loads(students.read_text())["students"].values()} == set(found)
    again = {s.name: s.id for s in collect.collect(source, out, [ASSIGNMENT])}
    assert again == {name: s.id for name, s in found.items()}


@pytest.mark.parametrize(
    ("name", "note"), [("../task.py", "leads out of it"), ("/task.py", "leads out of it"), ("link", "is a link")]
)
def test_an_archive_that_leads_out_is_refused_as_a_whole(tmp_path, name, note):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    with zipfile.ZipFile(source / "x.zip", "w") as archive:
        archive.writestr("task.py", "x = 1\n")
        item = zipfile.ZipInfo(name)
        if name == "link":
            item.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(item, "/etc/passwd")
    (submission,) = collect.collect(source, out, [ASSIGNMENT])
    staged = submission.folder / "submission"
    assert {p.name for p in staged.iterdir()} == {f"{side.task}.refused" for side in ASSIGNMENT.sides}
    assert note in intake.take(ASSIGNMENT, SIDE, staged).note


def archive(name="task.py"):
    """A whole archive, as bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, "x = 1\n" * 100)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 this is no archive",
        archive()[: 30 + len("task.py")] + b"\xff" + archive()[31 + len("task.py") :],  # no block of this type
        archive("\u00e4.py").replace("\u00e4".encode(), b"\xff\xff"),
        archive()[:40],
    ],
    ids=["no archive", "deflate", "a name that is no UTF-8", "cut off"],
)
def test_a_broken_archive_is_one_students_problem(tmp_path, content):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "good").mkdir(parents=True)
    out.mkdir()
    (source / "good" / "task.py").write_text("x = 1\n")
    (source / "bad.zip").write_bytes(content)
    found = {s.name: s for s in collect.collect(source, out, [ASSIGNMENT])}
    assert "cannot be read" in intake.take(ASSIGNMENT, SIDE, found["bad"].folder / "submission").note
    assert intake.take(ASSIGNMENT, SIDE, found["good"].folder / "submission").state == "edited"


def test_a_broken_archive_is_named_where_nobody_knows_what_it_was_for(tmp_path):
    (tmp_path / "in" / "good" / ASSIGNMENT.name).mkdir(parents=True)
    (tmp_path / "in" / "bad.zip").write_bytes(b"PK\x03\x04 this is no archive")
    others = [ASSIGNMENT, replace(ASSIGNMENT, folder=ASSIGNMENT.folder.with_name("99_other"))]
    (line,) = collect.overlooked(tmp_path / "in", others)
    assert line.startswith("bad.zip: what it holds is in an archive that cannot be read: ")


def test_names_that_are_no_utf8_stay_apart():
    assert collect.shown(Path(os.fsdecode(b"\xe5kesson"))) != collect.shown(Path(os.fsdecode(b"\xf6kesson")))


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: (p.mkdir(), (p / "x.txt").touch())])
def test_nothing_to_grade_is_said(tmp_path, make):
    make(tmp_path / "in")
    with pytest.raises(UsageError, match=r"no such folder|holds no hand-ins"):
        collect.collect(tmp_path / "in", tmp_path, [ASSIGNMENT])


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    other = tmp_path / "Ann" / ASSIGNMENT.name
    other.mkdir(parents=True)
    (other / "task.py").write_text("x = 1\n")
    (tmp_path / "Eve").mkdir()
    (tmp_path / "Eve" / ASSIGNMENT.name).symlink_to(other)
    assert take(tmp_path / "Ann").state == "edited"
    assert (take(tmp_path / "Eve").state, take(tmp_path / "Eve").note) == (
        "refused",
        "task.py is in a folder that is a link; hand in the folder itself",
    )


def test_names_reach_a_terminal_without_control_characters(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "E\x1b[31mve").mkdir(parents=True)
    out.mkdir()
    (source / "E\x1b[31mve" / "task.py").write_text("x = 1\n")
    (source / "stray\x1b[35m").touch()
    (submission,) = collect.collect(source, out, [ASSIGNMENT])
    assert submission.name == "E [31mve"
    assert collect.overlooked(source, [ASSIGNMENT]) == ["stray [35m: neither a folder nor a .zip"]
