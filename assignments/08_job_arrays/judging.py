"""What the checks judge results with: those that are planted, and those that a hand-in leaves. Reached as `judge`.

Functions that judge return the evidence of a pass and raise Failed. The file goes beyond 300 lines, because what a
hand-in leaves is read and doubted here, and nowhere else.
"""

import json
import math
import os
import re
import stat

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

FIELDS = ("learning_rate", "weight_decay", "momentum", "layers", "width", "seed")  # as in workload.py
WIDTHS, EPOCHS = (16, 32, 64), 8  # as in experiment.py
MAX_RESULT = 1 << 20
"""Bytes of a result that are read."""

rng = np.random.default_rng()


# --- results ---------------------------------------------------------------------------------------------------------


def a_config():
    """A configuration somewhere in the space."""
    values = (10 ** rng.uniform(-4, 0), 10 ** rng.uniform(-6, -2), rng.uniform(0, 0.95))
    whole = (rng.integers(1, 5), rng.choice(WIDTHS), rng.integers(2**31))
    return dict(zip(FIELDS, (*map(float, values), *map(int, whole)), strict=True))


def a_result(index, config=None):
    """A result that is done, as a training could have left it."""
    losses, right = 1.1 - rng.uniform(0, 1, EPOCHS), rng.uniform(0.3, 0.9, EPOCHS)
    history = {"validation_loss": losses.tolist(), "test_accuracy": right.tolist()}
    return {"index": index, "config": config or a_config(), "status": "done", **history}


def a_failure(index):
    """A result of a training that raised an error."""
    return {"index": index, "config": a_config(), "status": "failed", "error": "RuntimeError('CUDA out of memory')"}


def result_path(folder, index):
    """As in experiment.py."""
    return folder / f"{index:05d}.json"


def plant(folder, index, content):
    """Write a result, or other bytes, where the hand-in looks for it, and may write."""
    path = result_path(folder, index)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path.chmod(0o666)


def names(folder, most=1000):
    """The names in a folder."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry, _ in zip(entries, range(most), strict=False))


def read(folder, index):
    """The result that a hand-in left, as JSON: None where there is no file. Raises Failed for anything but a file."""
    path = result_path(folder, index)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(f"{path.name} cannot be read: {error.strerror}.") from None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Failed(f"{path.name} is no regular file.")
        try:
            return json.loads(file.read(MAX_RESULT))
        except (ValueError, RecursionError):
            raise Failed(f"{path.name} is no JSON, or longer than {MAX_RESULT:,} bytes.") from None


def holds(folder, index, expected):
    """Whether the result is this one; whatever cannot be read is another one."""
    try:
        return read(folder, index) == expected
    except Failed:
        return False


def saved(folder, results, errors):
    """Are results that were saved at the same time all there, as they were given?"""
    if said := [text for text in errors if text]:
        raise Failed(f"{len(said)} of {len(results)} tasks could not save: {said[0][:150]}")
    for index, result in results:
        if (found := read(folder, index)) is None:
            raise Failed(
                f"{result_path(folder, index).name} is not there after save(); there are: {_few(names(folder))}."
            )
        if found != result:
            raise Failed(f"{result_path(folder, index).name} does not hold what was saved.")


def own_files(one, many, tasks):
    """Counts of opens of a task alone, and of several at once: has each its own files?"""
    if not one.files:
        raise Failed(
            "Nothing was opened in the folder of the results: the file was written elsewhere and moved.",
            "Only within a filesystem is that one step, and /tmp on a node is another one.",
        )
    if many.files < tasks * one.files:
        raise Failed(
            f"{tasks} tasks that saved at the same time opened {many.files} files; one alone opens {one.files}.",
            "Often: a temporary file with the same name for all. One task replaces what another still writes.",
        )
    return f"{tasks} tasks at once opened {many.files} files, one alone {one.files}"


def _few(found, most=6):
    return ", ".join(map(str, found[:most])) + (", ..." if len(found) > most else "") if found else "none"


# --- TODO(5): collect ------------------------------------------------------------------------------------------------


def plant_search(folder):
    """Plant a search with every kind of result. Returns ({index: result}, {index: why})."""
    stranger = json.dumps(a_result(999)).encode()
    whole = json.dumps(a_result(0)).encode()
    short = a_result(0)
    short["validation_loss"] = short["validation_loss"][:3]
    kinds = [
        *[("done", None)] * 6,
        *[("failed", None)] * 3,
        *[("missing", None)] * 3,
        *[("corrupt", content) for content in (b"", whole[: len(whole) // 2], b"\xff\xfe\x00", b"null", b"[1]")],
        *[("corrupt", content) for content in (b"{}", stranger, short)],
        ("nan", None),
    ]
    results, failures = {}, {}
    for index, (kind, content) in enumerate(kinds[i] for i in rng.permutation(len(kinds))):
        if kind in ("done", "nan"):
            results[index] = a_result(index)
            if kind == "nan":  # diverged: bad, and final
                results[index]["validation_loss"][3:] = [math.nan] * (EPOCHS - 3)
            plant(folder, index, results[index])
            continue
        failures[index] = kind
        if kind == "failed":
            plant(folder, index, a_failure(index))
        elif kind == "corrupt":
            plant(folder, index, content | {"index": index} if isinstance(content, dict) else content)
    (folder / "00002.node7.1234.part").write_bytes(whole[:20])  # what a killed task leaves
    return results, failures


def collected(found, results, failures):
    """Is every index where it belongs? `found`: the hand-in's lists of [index, ...]."""
    mine, said = dict(map(tuple, found[0])), dict(map(tuple, found[1]))
    count = len(results) + len(failures)
    if both := sorted(set(mine) & set(said)):
        raise Failed(f"Indices {_few(both)} are among the results and among the failures.")
    if lost := sorted(set(range(count)) - set(mine) - set(said)):
        kinds = sorted({failures.get(i, "done") for i in lost})
        raise Failed(
            f"{len(lost)} of {count} indices are neither among the results nor among the failures: {_few(lost)} "
            f"({', '.join(kinds)}).",
            "What is dropped silently is never run again, and the search is smaller than you think.",
        )
    if strange := sorted(set(mine) - set(results)):
        raise Failed(f"Index {strange[0]} is {failures.get(strange[0], 'of no task')}, and is among the results.")
    if strange := sorted(set(said) - set(range(count))):
        raise Failed(f"Index {strange[0]} is of no task, and is among the failures; there are 0 to {count - 1}.")
    for index, why in failures.items():
        if said.get(index) != why:
            raise Failed(f'Index {index} is "{why}"; it was called "{said.get(index)}".'[:200])
    if wrongly := sorted(set(said) - set(failures)):
        nan = any(x != x for x in results[wrongly[0]]["validation_loss"])
        why = "Its loss became nan. Run again, it would do so again: that is a result." if nan else ""
        raise Failed(f'Index {wrongly[0]} is done; it was called "{said[wrongly[0]]}".'[:200], why)
    for index, result in results.items():
        travelled = json.dumps(result, sort_keys=True).replace("NaN", "null")
        if json.dumps(mine[index], sort_keys=True) != travelled:
            raise Failed(f"The result of index {index} is not what its file holds.")
    kinds = ", ".join(f"{list(failures.values()).count(why)} {why}" for why in ("missing", "corrupt", "failed"))
    return f"{len(results)} results; {kinds}"


# --- TODO(9): run ----------------------------------------------------------------------------------------------------


def ran(folder, indices, configs, broken, seed, reference):
    """What a job left: every index has its result, and that of `broken` says that it failed.

    `reference(configs, seed)` answers what training gives.
    """
    for index in indices:
        if (found := read(folder, index)) is None:
            where = "the one whose training raised an error" if index == broken else "after an error in another one"
            raise Failed(f"Configuration {index} has no result ({where}).")
        if not isinstance(found, dict) or found.get("index") != index or found.get("config") != configs[index]:
            raise Failed(f"The result of {index} does not hold its index and its configuration.")
        if (status := found.get("status")) != (wanted := "failed" if index == broken else "done"):
            raise Failed(f'The result of {index} has the status "{str(status)[:20]}"; expected "{wanted}".')
        if index == broken and "out of memory" not in str(found.get("error")):
            raise Failed(
                "The result of a training that failed does not say why.", 'The error as text belongs into "error".'
            )
    good = [index for index in indices if index != broken]
    trained([read(folder, index) for index in good], seed, reference)
    return f"{len(good)} done, 1 failed with its error"


def in_space(config):
    """Whether a configuration can be trained: a trusted worker will do that."""
    if not isinstance(config, dict) or not all(type(config.get(name)) in (int, float) for name in FIELDS):
        return False
    layers, width, seed = (config[name] for name in FIELDS[3:])
    whole = all(type(value) is int for value in (layers, width, seed))
    near = all(abs(config[name]) < 1e9 for name in FIELDS[:3])  # 10**400 is no float, and training takes floats
    return whole and near and layers in range(1, 5) and width in WIDTHS and 0 <= seed < 2**31


def trained(results, seed, reference):
    """Raise Failed unless the histories are those of the configurations."""
    if strange := [result["index"] for result in results if not in_space(result.get("config"))]:
        raise Failed(f"The result of configuration {strange[0]} holds no configuration of the space.")
    configs = [{name: result["config"][name] for name in FIELDS} for result in results]
    for name, expected in zip(("validation_loss", "test_accuracy"), reference(configs, seed), strict=True):
        for result, row in zip(results, expected, strict=True):
            mine = result.get(name)
            if not (isinstance(mine, list) and len(mine) == EPOCHS and all(type(x) is float for x in mine)):
                raise Failed(
                    f"The result of {result['index']} has no {name} with a number for each of {EPOCHS} epochs."
                )
            if not np.allclose(mine, row, rtol=1e-3, atol=1e-3, equal_nan=True):
                raise Failed(
                    f"The {name} of {result['index']} is not what its configuration gives.",
                    "Often: another seed's data.",
                )


def reference(worker, *, rehearse=False):
    """Ask a trusted worker what training gives."""

    def ask(configs, seed):
        return worker.call("reference", configs, seed, rehearse, returns=[Array("float64", (len(configs), EPOCHS))] * 2)

    return ask


# --- TODO(11): submit ------------------------------------------------------------------------------------------------


def script(logs, jobs, limit):
    """The scripts that submitit gave to sbatch: one, an array of all jobs, under the limit. Returns the directive."""
    found = [name for name in names(logs) if re.fullmatch(r"script\d+\.sh", name)]
    if len(found) != 1:
        raise Failed(
            f"{len(jobs)} lists of configurations became {len(found)} calls of sbatch; expected one, an array.",
            "Often: submit() in a loop. Each is a job of its own, and no limit holds for all of them.",
        )
    fd = os.open(logs / found[0], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        text = file.read(MAX_RESULT).decode(errors="replace")
    if not (line := re.search(r"^#SBATCH --array=0-(\d+)(?:%(\d+))?$", text, re.MULTILINE)):
        raise Failed("submitit wrote a script without --array.", "Often: all lists were given to one job.")
    if int(line[1]) + 1 != len(jobs):
        raise Failed(f"The array has {int(line[1]) + 1} tasks; there are {len(jobs)} jobs.")
    if line[2] is None or int(line[2]) != limit:
        raise Failed(
            f"submitit wrote {line[0]}; the limit is {limit}.",
            "No limit was set: submitit's own is 256, or all tasks. Its parameter is slurm_array_parallelism."
            if line[2] == str(len(jobs))
            else "",
        )
    return line[0].removeprefix("#SBATCH ")


def of_the_search(folder, seed, configs):
    """Raise Failed unless the jobs left the results 0, 1, ... of the search `seed`, whose configurations these are."""
    for index, config in enumerate(configs):
        if not isinstance(found := read(folder, index), dict):
            raise Failed(f"Jobs ran on this machine; configuration {index} has no result.")
        if found.get("config") != config:
            raise Failed(
                f"Jobs ran on this machine; the result of {index} holds another configuration than the search {seed} "
                f"has at index {index}.",
                "Often: another seed in the columns of map_array. The results then belong to another search.",
            )


# --- measured --------------------------------------------------------------------------------------------------------


class Search:
    """A search that nobody has seen, small enough to be run again and again."""

    def __init__(self, count=10, limit=2):
        self.seed = int(rng.integers(2**31))
        self.count, self.limit = count, limit

    @property
    def operations(self):
        """Floating-point operations of the smallest model's training, for each configuration: 4 per weight."""
        return self.count * 4 * 16 * 3 * 256 * EPOCHS

    def timed(self, worker, folder):
        """Run the search in a worker; the seconds that it took."""
        jobs = self.count, str(folder), self.seed, self.limit, 60, 30, 3600
        return worker.timed("search", *jobs, within=120)[1]

    def judge(self, folder, reference):
        """Did the timed search train what it says? Raises Failed."""
        results = [read(folder, index) for index in range(self.count)]
        for index, result in enumerate(results):
            if not isinstance(result, dict) or result.get("status") != "done" or result.get("index") != index:
                raise Failed(f"After the timed search, configuration {index} has no result that is done.")
        trained(results, self.seed, reference)
