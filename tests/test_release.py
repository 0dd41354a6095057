"""The student edition works, and holds nothing of a solution; what would betray one is found."""

import ast
import re
import shutil
import subprocess
import sys

import pytest

from grader import catalog, exercises, release, results, todo
from grader.errors import UsageError
from tests.conftest import ROOT, Course, world_folder

ASSIGNMENTS = [catalog.load(folder) for folder in catalog.folders()]
SIDES = [pytest.param(a, s, id=f"{a.number}-{s.framework}") for a in ASSIGNMENTS for s in a.sides]
NOT_COURSE = (".git", ".venv", "build", "dist", "__pycache__", "*.egg-info", ".*_cache", "*.bak")
HINTS, TASK = "assignments/03_data_loading/hints.md", "03_data_loading/task.py"
SOLVED = (ROOT / "solutions" / TASK).read_text("utf-8")
READER = todo.regions(SOLVED)[3]
"""The longest TODO: a class."""


class Repository(Course):
    """A copy of this repository without git, in which its author has solved every task file."""

    def __init__(self, folder):
        self.folder = folder / "course"
        shutil.copytree(ROOT, self.folder, ignore=shutil.ignore_patterns(*NOT_COURSE))
        for path in self.folder.glob("solutions/*/*.py"):
            shutil.copyfile(path, self.folder / "assignments" / path.parent.name / path.name)


class Edition(Course):
    """An edition as `grader release` makes it; `run` starts commands in it as a student would."""

    def __init__(self, folder, answer):
        self.folder, self.answer = folder, answer


@pytest.fixture(scope="module")
def repository():
    folder = world_folder()
    yield Repository(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def edition(repository):
    folder = repository.folder.parent / "edition"
    answer = repository.run("grader", "release", str(folder))
    assert answer.returncode == 0, answer.stderr
    return Edition(folder, answer)


# --- what is in it -----------------------------------------------------------------------------------------------


def test_it_says_what_it_made_and_what_is_next(edition):
    said = edition.answer.stdout
    assert "none holds a part of a solution" in said
    assert all(a.name in said for a in ASSIGNMENTS)
    assert f"Next: cd {edition.folder} && git init" in said


def test_only_what_students_need_is_in_it(edition):
    names = {p.name for p in edition.folder.iterdir()}
    files = {"README.md", "LICENSE", "Makefile", "pyproject.toml", "constraints.txt", ".gitignore"}
    assert names == files | {"assignments", "grader", "jobscripts", "docs", "scripts"}
    assert {p.name for p in (edition.folder / "docs").iterdir()} == {"figures"}
    assert not list(edition.folder.rglob("__pycache__"))


def test_others_can_read_it_and_run_its_scripts(edition):
    wrong = [p for p in edition.folder.rglob("*") if p.stat().st_mode & 0o555 != (0o555 if p.is_dir() else 0o444)]
    assert [p for p in wrong if p.is_dir() or not p.stat().st_mode & 0o100] == []


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_task_files_are_the_start_whatever_their_author_did(repository, edition, assignment, side):
    name = f"assignments/{assignment.name}/{side.task}"
    assert (repository.folder / name).read_text() == assignment.solution(side).read_text()
    assert (edition.folder / name).read_text() == assignment.start(side).read_text()


def test_no_file_of_it_speaks_of_what_is_not_there(edition):
    assert list(release.problems(edition.folder)) == []


def test_every_make_target_that_its_pages_name_exists(edition):
    """In both: the course's pages name the course's targets."""
    for folder in (edition.folder, ROOT):
        targets = set(re.findall(r"^([a-z]+):", (folder / "Makefile").read_text(), re.MULTILINE))
        pages = "".join(p.read_text("utf-8") for p in [*folder.glob("*.md"), *folder.glob("assignments/*/*.md")])
        assert set(re.findall(r"(?:^\$ |`)make ([a-z]+)", pages, re.MULTILINE)) <= targets
    words = ["make", "--no-print-directory", "help"]  # below `make test`, make would name its folder too
    assert subprocess.run(words, cwd=edition.folder, capture_output=True, text=True, check=True).stdout == (
        "  make help\twhat there is to make\n"
        "  make setup\tmake .venv with what the self-check needs (PyTorch)\n"
        "  make clean\tremove what was built, except .venv\n"
    )


def test_setup_installs_what_the_self_check_needs(edition):
    """With a pip that only says what it is asked for."""
    venv = edition.folder / ".venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text(
        f'#!/bin/sh\n[ "$2" != pip ] || echo "pip: $*"\n[ "$1" != -c ] || echo {sys.executable}\n'
    )
    (venv / "python").chmod(0o755)
    answer = subprocess.run(["make", "setup"], cwd=edition.folder, capture_output=True, text=True, check=False)
    shutil.rmtree(venv.parent)
    assert answer.returncode == 0, answer.stderr
    assert "-c constraints.txt -e .[torch]" in answer.stdout


# --- the self-check in it ----------------------------------------------------------------------------------------


def exact_checks(assignment, side, most=3):
    """Some checks that the start fails and that race nothing."""
    known = exercises.declared(assignment, side)
    raced = {t.check for t in side.targets}
    failing = {row.claim for row in exercises.lesson_table(assignment) if row.start == "failed"}
    return [i for i, c in known.items() if c.claim in failing and i not in raced][:most]


def self_check(edition, assignment, side, ids):
    """Run some checks as a student does; returns their verdicts."""
    test = f"assignments/{assignment.name}/{side.test}"
    answer = edition.run("pytest", *(f"{test}::test_{i}" for i in ids))
    data = results.read(edition.folder / "build" / "self-check" / assignment.name / results.NAME)
    assert "like_solution" not in str(data["files"])
    return {c["id"]: c["verdict"] for c in data["checks"] if c["id"] in ids}, answer.stdout


@pytest.mark.parametrize(("assignment", "side"), SIDES)
def test_the_start_fails_and_a_pasted_solution_passes(edition, assignment, side):
    ids = exact_checks(assignment, side)
    assert ids
    before, said = self_check(edition, assignment, side, ids)
    assert set(before.values()) <= {"failed", "not measured"}, said
    for name in side.files:
        shutil.copyfile(assignment.solution(side, name), edition.folder / "assignments" / assignment.name / name)
    needed = exercises.with_needs(ids, exercises.declared(assignment, side))
    after, said = self_check(edition, assignment, side, needed)
    assert set(after.values()) <= {"passed", "not measured"}, said
    assert "failed" in before.values(), "nothing of this side can be judged here"
    edition.run("grader", "reset", assignment.number)
    assert f"{assignment.name} is as shipped." in edition.run("grader", "diff", assignment.number).stdout


def test_a_prefix_and_k_work_as_the_readme_says(edition):
    answer = edition.run("pytest", "assignments/03/test_torch.py", "-k", "few_files")
    assert "the packed data set is at most 8 files" in answer.stdout
    assert "hint 03 2" in answer.stdout


def test_the_student_verbs_work_in_it(edition):
    assert set(edition.run("grader", "list").stdout.split()) >= {a.number for a in ASSIGNMENTS}
    assert "hint 1 of 3" in edition.run("grader", "hint", "03", "1").stdout
    assert edition.run("grader", "doctor").returncode == 0


def test_the_authors_verbs_say_why_they_do_not(edition):
    verify = edition.run("grader", "verify", "03")
    assert (verify.returncode, verify.stderr.splitlines()) == (2, [
        "grader: there are no solutions here (a student edition), so nothing to prove. Try: pytest assignments/03"
    ])  # fmt: skip
    again = edition.run("grader", "release", str(edition.folder.parent / "second"))
    assert (again.returncode, again.stderr[:38]) == (2, "grader: this is a student edition alre")


def test_a_fragment_of_ones_own_is_not_completed_in_it(edition):
    """`Caught by:` below tests/ asks for the solution; without one the file counts as it is."""
    edition.write("tests/mine.py", "# Caught by: few_files\n")
    answer = edition.run("pytest", "assignments/03/test_torch.py", "-k", "few_files", "--against", "tests/mine.py")
    shutil.rmtree(edition.folder / "tests")
    assert "Traceback" not in answer.stdout + answer.stderr
    assert "grader failed" not in answer.stdout


# --- what would betray a solution is found -----------------------------------------------------------------------


@pytest.fixture
def refused(repository):
    """Release with a file changed; returns what is said, and sees to it that nothing was left."""

    def attempt(name, text):
        path = repository.folder / name
        before = path.read_text("utf-8") if path.exists() else None
        path.write_text((before or "") + text, "utf-8")
        others = set(repository.folder.parent.iterdir())
        answer = repository.run("grader", "release", str(repository.folder.parent / "refused"))
        path.unlink() if before is None else path.write_text(before, "utf-8")
        left = set(repository.folder.parent.iterdir()) - others
        for folder in left:
            shutil.rmtree(folder)
        assert (answer.returncode, answer.stdout, left) == (2, "", set())
        return answer.stderr

    return attempt


def other_names(code):
    """A class with other names, in the layout of ast.unparse."""
    tree = ast.parse(f"class X:\n{code}")
    fields = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id != "self" and isinstance(node.ctx, ast.Store):
            fields.add(node.id)
    return re.sub(rf"\b({'|'.join(fields)})\b", r"my_\1", ast.unparse(tree))


LEAKS = {
    "as it is": (HINTS, READER),
    "two statements of it": (HINTS, "\n".join(READER.splitlines()[2:5])),
    "in one line": ("README.md", " ".join(READER.split())),
    "under other names": (HINTS, other_names(READER)),
    "commented out": ("grader/desk.py", "".join(f"# {line}\n" for line in READER.splitlines())),
    "as a diff": ("jobscripts/README.md", "".join(f"+{line}\n" for line in READER.splitlines())),
    "with remarks": ("docs/figures/x.py", re.sub(r"\n", "  # why?\n\n", READER)),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_part_of_a_solution_is_found(refused, kind):
    name, text = LEAKS[kind]
    assert f"{name} holds a part of {TASK}, TODO(3): " in refused(name, f"\n{text}\n")


def test_a_copy_of_a_wrong_answer_is_found(refused):
    wrong = "tests/wrong/03_data_loading/no_workers.py"
    text = (ROOT / wrong).read_text("utf-8")
    assert "jobscripts/x.py is a copy of 03_data_loading/no_workers.py" in refused("jobscripts/x.py", text)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (HINTS, "[more](../../CONTRIBUTING.md)", f"{HINTS} has a dead link: ../../CONTRIBUTING.md"),
        ("README.md", "[more](#for-nobody)", "README.md has a dead link: #for-nobody"),
        ("Makefile", "# see tests/wrong\n", "speaks of tests/"),
        ("README.md", "Then `make verify`.\n", "speaks of make verify"),
        ("Makefile", "# course only >>>\n", "Makefile: 'course only >>>' without '<<< course only'"),
        ("Makefile", "# <<< course only\n", "expected 'course only >>>' and '<<< course only' in turn"),
    ],
)
def test_what_leads_nowhere_is_found(refused, name, text, problem):
    assert problem in refused(name, text)


# --- where it goes, and what git knows ---------------------------------------------------------------------------


def test_a_folder_that_cannot_be_used_is_refused(course):
    outside = world_folder()
    (outside / "full").mkdir()
    (outside / "full" / "mine.txt").write_text("x")
    (outside / "file").write_text("x")
    for place, message in {
        outside / "full": "is not empty; name a new folder, or empty this one",
        outside / "file": "exists and is not a folder",
        outside / "no" / "edition": f"no such folder: {outside / 'no'}",
        course.folder / "edition": "is inside the repository; choose a folder elsewhere",
    }.items():
        answer = course.run("grader", "release", str(place))
        assert (answer.returncode, answer.stdout) == (2, "")
        assert message in answer.stderr
    assert {p.name for p in outside.rglob("*")} == {"full", "mine.txt", "file"}
    (outside / "empty").mkdir()
    assert course.run("grader", "release", str(outside / "empty")).returncode == 0
    assert (outside / "empty/assignments/01_toy/task.py").is_file()
    shutil.rmtree(outside)


def test_only_what_git_knows_is_copied(course):
    outside = world_folder()
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "safe.directory=*"]
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run([*git, *words], cwd=course.folder, check=True)
    course.write("assignments/01_toy/old_answers.txt", "secret")
    answer = course.run("grader", "release", str(outside / "edition"))
    assert answer.returncode == 0, answer.stderr
    assert "git does not know them (git add?): assignments/01_toy/old_answers.txt" in answer.stdout
    assert not (outside / "edition/assignments/01_toy/old_answers.txt").exists()
    assert (outside / "edition/assignments/01_toy/start/task.py").is_file()
    assert not (outside / "edition/.git").exists()
    assert not (outside / "edition/solutions").exists()
    shutil.rmtree(outside)


def test_marks_leave_out_what_is_between_them():
    text = "a\n<!-- course only >>> -->\nb\n<!-- <<< course only -->\nc\n# course only >>> why\nd\n# <<< course only\n"
    assert release.student_lines(text) == "a\nc\n"
    assert release.student_lines("x = 'course only >>>'\n") == "x = 'course only >>>'\n"
    with pytest.raises(UsageError, match="x:2: expected"):
        release.student_lines("# course only >>>\n# course only >>>\n", "x")
