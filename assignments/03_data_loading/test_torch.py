"""The checks of assignment 03, PyTorch. All public: what is asked is read here, in judging.py and in conftest.py."""

import numpy as np

from grader.checks import check
from grader.verdict import Failed
from grader.worker.client import Array

MANY_SAMPLES = 1536  # as decoded arrays 18 MiB: a process that keeps them stands out
MAX_FILES = 8
EPOCHS = 12  # workers that share a handle get through one epoch by luck, at times through two


def opened(worker, folder):
    """The worker, with its loader opened on a folder."""
    worker.call("open_loader", str(folder))
    return worker


def run_epoch(worker):
    """One epoch whose samples are not looked at."""
    rows = Array("float32", (None,), rows=4 * MANY_SAMPLES), Array("int64", (None,), rows=4 * MANY_SAMPLES)
    worker.call("epoch", np.zeros(3 * 32 * 32, np.float32), returns=rows)


def count_workers(worker):
    """Loader workers in the middle of an epoch: those that do not persist are gone after it."""
    worker.call("first_batch")
    return len(worker.helpers())


# --- TODO(2): pack -----------------------------------------------------------------------------------------------


@check("the packed data set is at most 8 files", points=1, rests_on="witnessed", todo=2)
def test_few_files(files, packed):
    return files.judge_count()


@check("samples are stored as they are", points=0.5, rests_on="witnessed", todo=2, after=[test_few_files])
def test_stored_unchanged(files, packed):
    return files.judge_bytes()


# --- TODO(3): read -----------------------------------------------------------------------------------------------


@check(
    "every sample arrives once per epoch, with its label",
    points=1.5,
    rests_on="witnessed",
    todo=3,
    after=[test_few_files],
)
def test_samples_once(packed, files, submission, cores):
    worker = opened(submission.worker(cores=cores), packed)
    for _ in range(EPOCHS):
        files.read(worker)
    return f"{len(files.labels)} of {len(files.labels)} in each of {EPOCHS} epochs"


@check("an epoch opens few files", points=1, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_few_opens(packed, files, submission, cores):
    worker = opened(submission.worker(watch=packed, cores=cores), packed)
    files.read(worker)
    opens, helpers = worker.opens().opens, count_workers(worker)
    allowed = 2 * MAX_FILES + MAX_FILES * helpers
    if not opens:
        raise Failed("An epoch opened no packed file: the samples came from somewhere else.")
    if opens > allowed:
        raise Failed(
            f"{opens} opens for {len(files.labels)} samples with {helpers} workers; up to {allowed} are accepted.",
            "Often: the archive is opened again for every sample.",
        )
    worker.io.reset()
    files.read(worker)
    return f"{opens} opens in the first epoch, {worker.opens().opens} in the second; {len(files.labels)} samples"


@check("samples are read when they are needed", points=0.5, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_small_memory(packed, make_files, submission, cores):
    many = make_files(MANY_SAMPLES)
    many.pack(submission)
    worker = opened(submission.worker(cores=cores), packed)
    run_epoch(worker)  # what the framework takes once is not the data set
    return many.judge_memory(
        worker, "Often: everything is read in __init__, or cached. A real data set is larger than the node's memory."
    )


# --- TODO(1): count ----------------------------------------------------------------------------------------------


@check("your count of file opens is right", points=0.5, rests_on="witnessed", todo=1, after=[test_few_opens])
def test_opens_counted(files, make_files, submission, baseline, cores):
    said = [count_opens(files, submission, baseline, cores)]
    for alone in (False, True):  # a formula holds for any number of samples, and of workers
        fewer = make_files(int(np.random.default_rng().integers(33, 80)))
        said.append(count_opens(fewer, submission, baseline, cores[:1], alone=alone))
    return "; ".join(said)


def count_opens(files, submission, baseline, cores, *, alone=False):
    """Compare the hand-in's formulas with what is counted on one set of files and some cores.

    `alone`: its loader is told to use no workers; then the main process reads.
    """
    samples = len(files.pixels)
    files.pack(submission)
    files.show()
    start = opened(baseline.worker(watch=files.source), files.source)
    files.read(start)
    files.hide()
    worker = opened(submission.worker(watch=files.packed, cores=cores), files.packed)
    if alone and not worker.call("without_workers"):
        return "without workers: not asked, this loader cannot do without"
    files.read(worker)
    counted = [start.opens().opens, worker.opens().opens]
    workers = count_workers(worker)
    said = worker.call("opens_per_epoch", samples, workers)
    case = f"{samples} samples and {_workers(workers)}"
    if not (isinstance(said, list) and len(said) == 2 and all(type(n) is int for n in said)):
        raise Failed("opens_per_epoch() did not answer with two whole numbers.")
    if said != counted:
        raise Failed(
            f"For {case} you said {said[0]} opens before and {said[1]} after packing; "
            f"counted from outside: {counted[0]} and {counted[1]}.",
            _why_count(said, counted, workers),
        )
    return f"{case}: {counted[0]} before, {counted[1]} after, as you said"


def _why_count(said, counted, workers):
    if said[0] != counted[0]:
        return "Before: one open per file, and the labels are in a file too."
    if said[1] > 2 * counted[1]:
        return "After packing, opens grow with the workers, not with the samples."
    if not workers:
        return "Without workers the main process reads the samples; somebody always does."
    less = "Often: the opens of the workers, one each, or those for the labels are left out."
    return less if said[1] < counted[1] else ""


# --- TODO(4): load -----------------------------------------------------------------------------------------------


@check(
    "the order of the samples is new in every epoch",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once],
)
def test_new_order(packed, files, submission, cores):
    worker = opened(submission.worker(cores=cores), packed)
    first, second = (files.read(worker)[1] for _ in range(2))
    stored = list(files.labels)  # in the order of labels.csv
    for order in (sorted(stored), stored):
        position = {name: i for i, name in enumerate(order)}
        if abs(np.corrcoef([position[n] for n in first], np.arange(len(first)))[0, 1]) > 0.9:
            raise Failed("The samples came almost in the order in which they are stored: they are not shuffled.")
    if first == second:
        raise Failed(
            "Two epochs shuffled the samples into the same order.",
            "Often: a generator is seeded anew in each epoch, or set_epoch() is not called.",
        )
    return "two epochs, two orders"


@check("as many workers as the job has cores", points=1, rests_on="witnessed", todo=4, after=[test_few_files])
def test_workers_allocated(packed, submission, two_cores):
    seen = {}
    for cores in ((two_cores[0],), two_cores):
        number = str(len(cores))
        env = {"SLURM_CPUS_PER_TASK": number, "SLURM_CPUS_ON_NODE": number}
        worker = opened(submission.worker(cores=cores, env=env), packed)
        seen[len(cores)] = count_workers(worker)
        worker.close()
    if seen[1] > 1 or not 1 <= seen[2] <= 2:
        raise Failed(f"With 1 core allocated: {seen[1]} loader workers; with 2 cores: {seen[2]}.", _why_workers(seen))
    return f"{_workers(seen[1])} on 1 core, {_workers(seen[2])} on 2"


def _workers(count):
    return f"{count} worker{'' if count == 1 else 's'}"


def _why_workers(seen):
    if seen[2] == 0:
        return "Everything is read and decoded in the main process, while the model waits."
    if seen[1] == seen[2]:
        return "The number does not follow the allocation: a literal, or the cores of the whole machine."
    return "More workers than cores take turns on them and are slower."


@check("workers stay alive between epochs", points=0.5, rests_on="witnessed", todo=4, after=[test_workers_allocated])
def test_workers_stay(packed, submission, cores):
    worker = opened(submission.worker(cores=cores), packed)
    run_epoch(worker)
    between = worker.helpers()
    worker.call("first_batch")
    if not between or worker.helpers() != between:
        raise Failed(
            f"After the first epoch {len(between)} workers were left: each epoch starts new ones and opens all again."
        )
    return f"{len(between)} workers served both epochs"


@check(
    "the workers decode, not the training process",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once, test_workers_stay],
)
def test_workers_decode(packed, submission, cores):
    worker = opened(submission.worker(cores=cores, threads=1), packed)
    run_epoch(worker)
    before, total = worker.helper_seconds(), worker.cpu_seconds()
    for _ in range(8):  # the kernel counts in steps of 10 ms
        run_epoch(worker)
    workers, total = worker.helper_seconds() - before, worker.cpu_seconds() - total
    used = f"The workers used {workers:.2f} s of CPU in 8 epochs, the training process {total - workers:.2f} s"
    if workers < total / 2:
        raise Failed(f"{used}.", "Often: workers return bytes, and a transform or the training loop decodes them.")
    return used


# --- TODO(5): stage ----------------------------------------------------------------------------------------------


@check(
    "staged data is read from the node's own disk", points=0.5, rests_on="witnessed", todo=5, after=[test_samples_once]
)
def test_staged(files, packed, folder, submission, cores):
    local, home = folder(writable=True), folder(writable=True)
    worker = submission.worker(watch=packed, cores=cores, env={"HOME": str(home)})
    return files.judge_staging(worker, local, home)


# --- measured ----------------------------------------------------------------------------------------------------


@check(
    "an epoch is much faster than the start's on a parallel filesystem",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once],
)
def test_throughput(race_epochs, two_cores, held_opens):
    return race_epochs("epoch", cores=two_cores, threads=1)


@check(
    "training on the GPU waits less for data than the start",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once],
)
def test_feeds_gpu(gpu, race_epochs, held_opens):
    return race_epochs("train_epoch")


@check("batches arrive in pinned memory", points=0.5, rests_on="self-reported", todo=4, after=[test_samples_once])
def test_pinned(gpu, packed, submission):
    if not opened(submission.worker(), packed).call("pinned"):
        raise Failed("The batches lie in pageable memory: their copy to the GPU cannot overlap with compute.")
    return "batches are pinned"
