"""`grader release DIR`: the student edition, without solutions, wrong answers and hostile cases, proven to be so.

What is copied is listed here. In a copied file, the lines between two comments `course only >>>` and
`<<< course only` are left out, so that one README, Makefile and so on serves both. The edition is made beside DIR,
searched, and only then gets its name: a release that fails leaves nothing.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader import catalog, leaks, todo
from grader.catalog import ROOT, START
from grader.errors import UsageError

COPIED = (
    *("assignments", "grader", "jobscripts", "docs/figures"),
    *(
        "course.toml",
        "README.md",
        "LICENSE",
        "Makefile",
        "pyproject.toml",
        "constraints.txt",
        "scripts/bootstrap.sh",
        ".gitignore",
    ),
)
PRIVATE = ("solutions", "tests")
"""Nothing in the edition may be a copy of a file below these."""
NOT_THERE = re.compile(
    r"\b(solutions|tests|examples|benchmarks)/|(?<!\w)\.ci/|CONTRIBUTING|CHANGELOG|docs/decisions"
    r"|\bmake (demo|test|verify|lint|system|slurm)\b"
)
"""What no file that students read may speak of. The engine may: it is the same in both."""
BEGIN, END = "course only >>>", "<<< course only"
_MARK = re.compile(rf"\s*(?:#|<!--) (?:({BEGIN})|({END}))")


def release(target: Path) -> str:
    """Make the edition in `target`, a new or empty folder; returns what was done and what is next.

    Raises UsageError when `target` cannot be used, or when the edition is not fit for students.
    """
    target = target.absolute()
    _check_target(target)
    if solved := list(_solved_starts()):
        raise UsageError("no edition was made:\n" + "\n".join(solved))
    names, unknown = _names()
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary:
            edition = Path(temporary, "edition")
            _fill(edition, names)
            if found := list(problems(edition)):
                more = f"\n... and {len(found) - 5} more" if found[5:] else ""
                raise UsageError("no edition was made, because in it\n" + "\n".join(found[:5]) + more)
            edition.replace(target)
    except OSError as error:
        raise UsageError(f"cannot make {target}: {error.strerror} ({error.filename})") from None
    return _report(target, unknown)


def problems(edition: Path) -> Iterator[str]:
    """What makes an edition unfit for students: parts of solutions, dead links, mentions of what is not in it."""
    yield from leaks.copies(edition, [ROOT / name for name in PRIVATE])
    yield from leaks.search(edition, leaks.secrets(ROOT / "solutions", ROOT / "assignments"))
    for path in sorted(p for p in edition.rglob("*") if p.is_file()):
        name, text = path.relative_to(edition), path.read_bytes().decode("utf-8", "ignore")
        if path.suffix == ".md":
            yield from (f"{name} has a dead link: {link}" for link in dead_links(path, text))
        if name.parts[0] != "grader":
            for match in NOT_THERE.finditer(text):
                yield f"{name}:{text.count(chr(10), 0, match.start()) + 1} speaks of {match[0]}"


def _solved_starts() -> Iterator[str]:
    """TODOs whose start is the solution already: `leaks` would take the start's own lines for no secret."""
    for assignment in map(catalog.load, catalog.folders()):
        for side in assignment.sides:
            for name in side.files:
                start, solution = (
                    todo.regions(path.read_text("utf-8"), path.name)
                    for path in (assignment.start(side, name), assignment.solution(side, name))
                )
                for number, body in start.items():
                    if leaks.words(body) and leaks.words(body) == leaks.words(solution.get(number, "")):
                        yield f"{assignment.name}/{START}/{name} holds the solution of TODO({number})"


def dead_links(page: Path, text: str) -> list[str]:
    """Links of a Markdown page to files that do not exist, and to headings of the page that it does not have."""
    heads = {_anchor(line) for line in text.splitlines() if line.startswith("#")}
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)[^)]*\)", text):
        file, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        if not (page.parent / file).exists() or (not file and anchor not in heads):
            dead.append(link)
    return dead


def student_lines(text: str, name: str = "") -> str:
    """A text without its course-only lines. Raises UsageError when the marks are not in pairs."""
    kept, inside = [], False
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if mark := _MARK.match(line):
            if inside == bool(mark[1]):
                raise UsageError(f"{name}:{number}: expected '{BEGIN}' and '{END}' in turn")
            inside = not inside
        elif not inside:
            kept.append(line)
    if inside:
        raise UsageError(f"{name}: '{BEGIN}' without '{END}'")
    return "".join(kept)


def _check_target(target: Path) -> None:
    if not (ROOT / "solutions").is_dir():
        raise UsageError("this is a student edition already; editions are made from the course's repository")
    if target.resolve().is_relative_to(ROOT):
        raise UsageError(f"{target} is inside the repository; choose a folder elsewhere")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} exists and is not a folder")
    if target.exists() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty; name a new folder, or empty this one")
    if not target.parent.is_dir():
        raise UsageError(f"no such folder: {target.parent}")


def _names() -> tuple[list[str], list[str]]:
    """The files to copy, and those in their folders that are left out because git does not know them."""
    if not (ROOT / ".git").exists():
        return sorted(_without_git()), []
    known = _git("ls-files", "-z", "--", *COPIED)
    unknown = _git("ls-files", "-z", "--others", "--exclude-standard", "--", *COPIED)
    return [n for n in known if (ROOT / n).is_file() and not (ROOT / n).is_symlink()], unknown


def _git(*words: str) -> list[str]:
    command = ["git", "--literal-pathspecs", *words]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UsageError("git is needed to tell the repository's files from others; it is not installed") from None
    if answer.returncode:
        raise UsageError(f"git cannot list the repository's files: {answer.stderr.strip()}")
    return [name for name in answer.stdout.split("\0") if name]


def _without_git() -> Iterator[str]:
    """Files of a copy without git; what tools and `grader reset` leave behind is no part of it."""
    for name in COPIED:
        top = ROOT / name
        for path in [top] if top.is_file() else top.rglob("*"):
            below = path.relative_to(top).parts
            junk = any(part.startswith(".") or part == "__pycache__" for part in below) or path.suffix == ".bak"
            if path.is_file() and not path.is_symlink() and not junk:
                yield path.relative_to(ROOT).as_posix()


def _fill(folder: Path, names: list[str]) -> None:
    """Copy the files, readable for all. A task file is always the start: an author's own answer stays at home."""
    for name in names:
        original = ROOT / name
        start = original.parent / START / original.name
        source = start if name.startswith("assignments/") and start.is_file() else original
        copy = Path(folder, name)
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        data = source.read_bytes()
        copy.write_bytes(student_lines(data.decode(), name).encode() if BEGIN.encode() in data else data)
        copy.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
    for path in (folder, *folder.rglob("*/")):
        path.chmod(0o755)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lstrip("# ").strip().lower()).replace(" ", "-")


def _report(target: Path, unknown: list[str]) -> str:
    files = sum(p.is_file() for p in target.rglob("*"))
    lessons = [p.parent.name for p in sorted(target.glob("assignments/*/assignment.toml"))]
    lines = [
        f"The student edition is in {target}: {files} files; {', '.join(lessons) or 'no assignments'}.",
        "No file of it is one of the solutions or tests, and none holds a part of a solution.",
    ]
    if unknown:
        shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if unknown[5:] else "")
        lines.append(f"Left out, because git does not know them (git add?): {shown}")
    number = lessons[0].partition("_")[0] if lessons else "NN"
    return "\n".join([*lines, f"Next: cd {target} && git init   # and try it: pytest assignments/{number}"])
