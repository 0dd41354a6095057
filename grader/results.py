"""results.json: the one contract between grading and everything that reads grades.

Written after every check, atomically (a reader sees the old or the new file, never half of one), and validated
against results.schema.json on write and on read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from grader import schema
from grader.errors import UsageError
from grader.verdict import KEEPS_POINTS, NOT_COUNTED, Outcome, Verdict

SCHEMA = 2
NAME = "results.json"
Results = dict[str, Any]
FINAL = {v.value for v in Verdict} - {Verdict.GRADER_FAULT.value}
"""Verdicts that need no second run."""
NOT_ATTEMPTED = ("start", "missing")
"""States of a task file that nobody worked on, or handed in: its checks, if any ran, cost nothing."""


def write(path: Path, results: Results, through: Path | None = None) -> None:
    """Replace `path` atomically, by way of a file in the folder `through` (else beside it).

    Raises UsageError when the disk is full, or a folder cannot be written or is gone.
    """
    if found := schema.problems(results, "results"):
        raise ValueError(f"results break their own schema: {found[0]}")
    temporary = (through or path.parent) / f".{path.name}.{os.getpid()}"
    results["updated"] = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(results, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(
            f"cannot write {path}: {error.strerror}.\n"
            "What was there is untouched. Free some space or choose another folder, then run the same command again."
        ) from None


def read(path: Path) -> Results:
    """The results in `path`. Raises UsageError when they are missing, broken, or of a newer schema."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no results at {path}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Move it away and grade again.") from None
    version = data.get("schema") if isinstance(data, dict) else None
    if isinstance(version, int) and version > SCHEMA:
        raise UsageError(
            f"{path} has schema {version}; this grader reads up to {SCHEMA}.\n"
            "Update the grader, or choose another folder."
        )
    if found := schema.problems(data, "results"):
        raise UsageError(f"{path} is not a results file: {found[0]}. Move it away and grade again.")
    results: Results = data
    return results


def set_aside(path: Path, old: Results) -> None:
    """Keep results of another hand-in, or of other checks, beside `path`: no reader takes them for the new ones."""
    path.rename(path.with_name(f"results-{old['key'][:8]}.json"))


def unchanged(old: Results, new: Results) -> set[str]:
    """Frameworks whose file, and all that judges it, is the same in both."""
    if old["key"] == new["key"]:
        return set(sides(old))
    before, now = ({(f["framework"], f.get("key")) for f in data["files"]} for data in (old, new))
    return {framework for framework, key in before & now if key}


def reopen(results: Results, verdicts: Collection[str]) -> int:
    """Take these verdicts back, so that their checks are run again; returns how many there were."""
    found = [entry for entry in results["checks"] if entry["verdict"] in verdicts]
    for entry in found:
        declared = {name: entry[name] for name in ("id", "framework", "claim", "points", "rests_on")}
        entry.clear()
        entry.update(declared, verdict=None)
    return len(found)


def record(entry: dict[str, Any], outcome: Outcome, seconds: float) -> None:
    """Put an outcome into a check's entry."""
    verdict = outcome.verdict
    share = 1.0 if verdict in KEEPS_POINTS else outcome.share if verdict is Verdict.FAILED else 0.0
    entry.update(
        verdict=verdict.value,
        earned=round(entry["points"] * share, 2),
        evidence=plain(outcome.evidence),
        cause=plain(outcome.cause),
        next=plain(outcome.next),
        seconds=round(seconds, 2),
        race=outcome.race,
    )


def plain(text: str) -> str:
    """Text without control characters and half characters: parts of it come from hand-ins."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text.encode("utf-8", "replace").decode())


def score(results: Results, framework: str) -> dict[str, Any]:
    """Points of one framework: earned, judged here, not judgeable here (`elsewhere`), without a result (`open`), total;
    `pending` counts the checks that need another run.
    """
    checks = [c for c in results["checks"] if c["framework"] == framework]
    judged = [c for c in checks if c["verdict"] is not None and Verdict(c["verdict"]) not in NOT_COUNTED]
    states = {f["framework"]: f["state"] for f in results["files"]}
    return {
        "earned": round(sum(c.get("earned", 0) for c in judged), 2),
        "judged": round(sum(c["points"] for c in judged), 2),
        "total": round(sum(c["points"] for c in checks), 2),
        "open": round(sum(c["points"] for c in checks if c["verdict"] is None), 2),
        "elsewhere": round(sum(c["points"] for c in checks if c["verdict"] in map(str, NOT_COUNTED)), 2),
        "pending": sum(c["verdict"] is None or c["verdict"] == Verdict.GRADER_FAULT.value for c in checks),
        "attempted": states.get(framework) not in NOT_ATTEMPTED,
    }


def frameworks(results: Results) -> list[str]:
    """Frameworks in these results, in the order of their checks."""
    return list(dict.fromkeys(c["framework"] for c in results["checks"]))


def sides(results: Results) -> list[str]:
    """All frameworks of the assignment, PyTorch first: also those without checks here, as nobody worked on them."""
    found = {*frameworks(results), *(f["framework"] for f in results["files"])}
    return sorted(found, key=lambda name: (name != "torch", name))
