"""House rules: short files, living links, nothing that belongs elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 300


def tracked(*patterns):
    """Files of the repository: those that git knows, or all where there is no git."""
    answer = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return [ROOT / line for line in answer.stdout.split("\0") if line]
    skipped = {".venv", "build", "__pycache__"}
    found = (p for pattern in patterns for p in ROOT.rglob(pattern))
    return [p for p in found if not skipped & set(p.relative_to(ROOT).parts)]


def test_a_python_file_over_300_lines_says_why():
    texts = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in tracked("*.py") if p.exists()}
    long = [name for name, text in texts.items() if len(text.splitlines()) > MAX_LINES]
    assert [name for name in long if "beyond 300 lines, because" not in texts[name]] == []


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_link_in_the_markdown_is_dead(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_decisions_are_short():
    assert [p.name for p in tracked("docs/decisions/*.md") if len(p.read_text("utf-8").splitlines()) > 30] == []


def test_every_dependency_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    pinned = dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    names = {re.match(r"[A-Za-z0-9_.-]+", d)[0].lower() for d in wanted}
    assert names - {n.lower() for n in pinned} == set()


def test_the_tests_have_the_same_names_in_every_process():
    # Else pytest-xdist refuses to run any of them: sets and objects have no order or name of their own.
    names = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q"]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        answer = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout[-2000:]
        names.append([line for line in answer.stdout.splitlines() if "::" in line])
    assert len(names[0]) > 1000
    assert [pair for pair in zip(*names, strict=True) if pair[0] != pair[1]] == []
