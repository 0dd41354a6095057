"""How the checks of both frameworks judge what writing a checkpoint does to its file.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `writing`.
"""

import numpy as np

from grader.verdict import Failed


def survives(trial, start_worker, steps=2):
    """Evidence that a checkpoint outlives a write that is killed, and one that finds the disk full. Raises Failed."""
    saved = trial.save(start_worker(), steps)
    with start_worker() as reader:
        weights, where = trial.load(reader)
    if not np.array_equal(weights, saved):
        raise Failed("What is loaded from a checkpoint are not the weights that were saved.")
    for full, what in ((False, "the process was killed"), (True, "the disk was full")):
        worker, size = start_worker(), _size(trial.path)
        _cut(worker, trial, 2 * steps, full)
        worker.close()
        with start_worker() as reader:
            try:
                found = trial.load(reader)
            except Failed as failed:
                raise Failed(
                    f"When {what} in the middle of a write, {trial.path.name} could not be loaded any more; "
                    f"{_size(trial.path):,} of {size:,} bytes are there.",
                    "The name has to belong to the old file until the new one is complete.",
                ) from failed
        if not (np.array_equal(found[0], weights) and np.array_equal(found[1], where)):
            raise Failed(f"When {what} in the middle of a write, what was loaded afterwards is not the old checkpoint.")
    return "killed in the middle of a write, and with a full disk: the checkpoint before it is there and loads"


def _cut(worker, trial, steps, full):
    """Save once more, in vain. Raises Failed when the process that was to be killed in the middle lived on."""
    try:
        worker.call("save_cut", trial.options, str(trial.path), steps, full)
    except Failed as failed:
        if full or "SIGXFSZ" not in failed.outcome.evidence:
            raise
    else:
        if not full:
            raise Failed("A second save wrote less than half as much as the first one: there was nothing to be killed.")


def _size(path):
    return path.stat().st_size if path.exists() else 0


def order(calls, path):
    """Evidence that a file beside `path` was forced to the disk before it got that name. Raises Failed."""
    named = {inode: folder for name, inode, folder in calls if name in ("replace", "rename")}
    if not named:
        raise Failed(
            "No file was put in place by os.replace().",
            "Write under another name in the same folder, then rename: on one filesystem that is all or nothing.",
        )
    for folder in set(named.values()) - {str(path.resolve().parent)}:
        raise Failed(
            f"The new file was written in {folder}, not in the folder of the checkpoint.",
            "A rename is all or nothing within one filesystem. Between two, os.replace() raises OSError.",
        )
    for name, inode, _ in calls:
        if name in ("fsync", "fdatasync") and inode in named:
            return f"os.{name}() of the new file, then it was put in place"
        if name in ("replace", "rename"):
            break
    raise Failed(
        "The file got its name before anybody waited for the disk (os.fsync).",
        "After a power failure the name may be there and the contents not.",
    )


RANKS = (
    ({}, True),
    ({"RANK": "0", "SLURM_PROCID": "0"}, True),
    ({"RANK": "3", "SLURM_PROCID": "0"}, False),
    ({"SLURM_PROCID": "0"}, True),
    ({"SLURM_PROCID": "5"}, False),
)


def one_writer(make_trial, start_worker, steps=1):
    """Evidence that only rank 0 writes. Raises Failed."""
    for env, writes in RANKS:
        trial = make_trial()
        trial.save(start_worker(env=env), steps)
        found = trial.files()
        if bool(found) != writes:
            said = ", ".join(f"{name}={value}" for name, value in env.items()) or "neither RANK nor SLURM_PROCID"
            raise Failed(f"With {said}: {', '.join(found) or 'nothing'} was written.")
    return f"{len(RANKS)} processes, of which those of rank 0 wrote"
