"""results.json: written whole or not at all, validated both ways, and our validator agrees with the real one."""

import copy
import os
import subprocess

import jsonschema
import pytest

from grader import results, schema
from grader.errors import UsageError
from grader.verdict import Outcome, Verdict

CHECK = {"id": "a", "framework": "torch", "claim": "c", "points": 4, "rests_on": "witnessed", "verdict": None}


def document(**changes):
    data = {
        "schema": 1,
        "grader": "0",
        "assignment": "01_x",
        "title": "X",
        "whose": "w",
        "key": "k" * 32,
        "isolated": False,
        "machine": {"cores": 2, "gpu": None},
        "files": [
            {"name": "task.py", "framework": "torch", "state": "edited", "note": "", "untouched": [], "todos": 2}
        ],
        "checks": [copy.deepcopy(CHECK)],
    }
    return data | changes


BROKEN = {
    "a version of another kind": document(schema="1"),
    "no checks": {k: v for k, v in document().items() if k != "checks"},
    "an unknown key": document(surprise=1),
    "an unknown verdict": document(checks=[CHECK | {"verdict": "great"}]),
    "points that are text": document(checks=[CHECK | {"points": "4"}]),
    "negative points": document(checks=[CHECK | {"points": -1}]),
    "true for a number": document(checks=[CHECK | {"points": True}]),
    "a race without pairs": document(checks=[CHECK | {"race": {"speedup": 1}}]),
    "a list for an object": [],
    "an object for a list": document(checks={}),
    "a fraction for a whole number": document(files=[document()["files"][0] | {"todos": 1.5}]),
    "a likeness that is no text": document(files=[document()["files"][0] | {"like_solution": True}]),
}


def test_a_good_document_is_good_for_both_validators():
    for data in (document(), document(files=[document()["files"][0] | {"like_solution": "the same text"}])):
        assert schema.problems(data, "results") == []
        jsonschema.Draft202012Validator(schema.load("results")).validate(data)


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_broken_for_both_validators(data):
    assert schema.problems(data, "results")
    assert not jsonschema.Draft202012Validator(schema.load("results")).is_valid(data)


@pytest.mark.parametrize("name", ["results", "assignment"])
def test_the_schema_files_are_valid_schemas(name):
    jsonschema.Draft202012Validator.check_schema(schema.load(name))


def test_write_then_read_gives_the_same(tmp_path):
    data = document(whose="Åsa")
    results.write(tmp_path / "a" / "results.json", data)
    assert results.read(tmp_path / "a" / "results.json") == data
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["results.json"]


def test_broken_results_are_never_written(tmp_path):
    with pytest.raises(ValueError, match="break their own schema"):
        results.write(tmp_path / "results.json", BROKEN["an unknown verdict"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no results at"), ("{", "cannot be read"), ('{"schema": 3}', "schema 3; this grader reads up to 2")],
)
def test_unreadable_results_say_what_to_do(tmp_path, text, message):
    path = tmp_path / "results.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=message):
        results.read(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        path = disk / "results.json"
        results.write(path, document())
        before = path.read_bytes()
        (disk / "filler").write_bytes(b"x" * 45_000)
        with pytest.raises(UsageError, match="No space left on device"):
            results.write(path, document(whose="w" * 40_000))
        assert path.read_bytes() == before
        assert {p.name for p in disk.iterdir()} == {"results.json", "filler"}
    finally:
        subprocess.run(["umount", disk], check=True)


def scored(*outcomes):
    data = document(checks=[CHECK | {"id": str(i)} for i in range(len(outcomes))])
    for entry, outcome in zip(data["checks"], outcomes, strict=True):
        if outcome is not None:
            results.record(entry, outcome, 0.1)
    assert schema.problems(data, "results") == []
    return results.score(data, "torch")


def test_points_follow_the_table_of_verdicts():
    one = {v: scored(Outcome(v)) for v in Verdict}
    assert {v: one[v]["earned"] for v in Verdict} == {
        v: 4 if v in (Verdict.PASSED, Verdict.UNSURE) else 0 for v in Verdict
    }
    not_counted = (Verdict.NOT_MEASURED, Verdict.HELD, Verdict.GRADER_FAULT)
    assert {v: one[v]["judged"] for v in Verdict} == {v: 0 if v in not_counted else 4 for v in Verdict}


def test_no_result_is_never_a_pass():
    score = scored(None, Outcome(Verdict.PASSED))
    assert (score["earned"], score["judged"], score["total"], score["pending"]) == (4, 4, 8, 1)


def test_a_failed_check_keeps_the_share_it_reached():
    assert scored(Outcome(Verdict.FAILED, share=0.25))["earned"] == 1


@pytest.mark.parametrize(
    ("state", "attempted"), [("edited", True), ("refused", True), ("start", False), ("missing", False)]
)
def test_what_nobody_worked_on_is_not_attempted(state, attempted):
    data = document(files=[document()["files"][0] | {"state": state}])
    assert results.score(data, "torch")["attempted"] is attempted


def test_sides_are_all_frameworks_of_the_assignment():
    file = document()["files"][0]
    data = document(files=[file | {"framework": "tensorflow"}, file], checks=[CHECK | {"framework": "tensorflow"}])
    assert results.frameworks(data) == ["tensorflow"]
    assert results.sides(data) == ["torch", "tensorflow"]
    assert results.score(data, "torch")["total"] == 0
