"""A side may have files beside its task file that students edit too: a job script, which the grader reads only."""

import pytest

ALSO = {
    "assignments/01_toy/start/job.sh": """
        #!/bin/bash
        # TODO(3): ask for time
        # END TODO(3)
        srun hostname
        """,
    "solutions/01_toy/job.sh": """
        #!/bin/bash
        # TODO(3): ask for time
        #SBATCH -t 10
        # END TODO(3)
        srun hostname
        """,
    "tests/wrong/01_toy/no_time.py": '''
        """Nothing is asked for.

        Caught by: timed
        """
        # TODO(3)
        # END TODO(3)
        ''',
}
CHECK = """
@check("the job asks for time", points=1, rests_on="witnessed", todo=3)
def test_timed(handed_in):
    if "#SBATCH -t 10" not in handed_in("job.sh"):
        raise Failed("There is no -t 10.")
    return "10 minutes"
"""


@pytest.fixture
def scripted(course):
    """The toy course with a job script, which is TODO(3)."""
    for name, text in ALSO.items():
        course.write(name, text)
    folder = course.folder / "assignments/01_toy"
    (folder / "job.sh").write_text((folder / "start/job.sh").read_text())
    for name, old, new in (
        ("assignment.toml", 'task = "task.py"', 'task = "task.py"\nalso = ["job.sh"]'),
        ("test_torch.py", "points=6", "points=5"),
        ("README.md", "total is fast | 6", "total is fast | 5"),
        ("README.md", "| double", "| the job asks for time | 1 | witnessed | failed |\n| double"),
    ):
        path = folder / name
        path.write_text(path.read_text().replace(old, new, 1))
    (folder / "test_torch.py").write_text((folder / "test_torch.py").read_text() + CHECK)
    hints = folder / "hints.md"
    hints.write_text(hints.read_text() + "## TODO(3): time\n### 1\nHow long?\n### 2\n-t\n### 3\nTen.\n")
    return course


def test_verify_proves_such_an_assignment(scripted):
    answer = scripted.run("grader", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "ok 01 torch: no_time is caught by timed" in answer.stdout


def test_verify_finds_a_script_that_differs_outside_of_its_regions(scripted):
    path = scripted.folder / "solutions/01_toy/job.sh"
    path.write_text(path.read_text().replace("srun", "mpirun"))
    answer = scripted.run("grader", "verify")
    assert answer.returncode == 1
    assert "job.sh: start and solution differ outside their TODO regions" in answer.stdout


def test_a_failed_check_names_the_file_of_its_todo(scripted):
    answer = scripted.run("pytest", "assignments/01", "-k", "timed")
    assert "TODO(3) in job.sh is still as shipped." in answer.stdout
    assert "Next: TODO(3) in job.sh; a hint: grader hint 01 3" in answer.stdout
    assert "TODO(3) in job.sh, hint 1 of 3" in scripted.run("grader", "hint", "01", "3").stdout


def test_a_student_sees_and_resets_both_files(scripted):
    script = scripted.folder / "assignments/01_toy/job.sh"
    script.write_text((scripted.folder / "solutions/01_toy/job.sh").read_text())
    assert "1 of  3 TODOs" in scripted.run("grader", "list").stdout
    assert "+#SBATCH -t 10" in scripted.run("grader", "diff", "01").stdout
    assert "Kept your job.sh as" in scripted.run("grader", "reset", "01").stdout
    assert script.read_text() == (script.parent / "start/job.sh").read_text()


@pytest.mark.parametrize(
    ("make", "verdict", "said"),
    [
        (lambda path: path.write_text("#!/bin/bash\n#SBATCH -t 10\n"), "passed", "10 minutes"),
        (lambda path: None, "failed", "job.sh is not in the hand-in."),
        (lambda path: path.symlink_to("/etc/hostname"), "failed", "job.sh is a link; hand in the file itself."),
        (lambda path: path.write_bytes(b"\xff\xfe"), "failed", "job.sh is not UTF-8 (line 1); save it as UTF-8."),
    ],
    ids=["there", "missing", "link", "not text"],
)
def test_a_class_is_graded_with_the_script_that_was_handed_in(scripted, make, verdict, said):
    make(scripted.solve(student="Ada").with_name("job.sh"))
    answer = scripted.run("grader", "grade", "class", "--out", "results")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    from grader import results

    (path,) = (scripted.folder / "results").glob("*/01_toy/results.json")
    entry = next(c for c in results.read(path)["checks"] if c["id"] == "timed")
    assert (entry["verdict"], entry["evidence"]) == (verdict, said)
    assert "as shipped" not in entry.get("cause", "")
