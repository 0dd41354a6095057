"""The checks of assignment 03, TensorFlow. All public: what is asked is read here, in judging.py and in conftest.py."""

import itertools
import time

import numpy as np

from grader.checks import check
from grader.quiet import LIMIT, Neighbours
from grader.verdict import Failed, Unsure

MAX_OPENS = 16
MANY = {"count": 8192, "side": 64, "distinct": 256}
"""Many small images: buffers are counted in samples, and 94 MiB stand out from what TensorFlow itself takes."""
EPOCHS = 3
BATCH = 16  # as in workload_tf.py
LARGE = {"count": 192, "side": 192}
"""Twelve batches of images whose decoding takes far longer than reading and shuffling them."""
RACE_SAMPLES = 160  # an epoch of tf.data costs some 20 ms to begin: that is not to be half of what is timed
ATTEMPTS = 4
BOTH = 1.4
"""Cores in use, on average, that prove decoding on two: one sample at a time gives 1.0 to 1.2, two give 1.6 to 1.9."""
WAITED = 0.55
"""Share of an epoch's CPU time that training steps may wait for it; where Python decodes it is 0.75 or more."""

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
def test_samples_once(files, packed, submission, cores):
    worker = files.opened(submission.worker(cores=cores))
    for _ in range(EPOCHS):
        files.read(worker)
    return f"{len(files.labels)} of {len(files.labels)} in each of {EPOCHS} epochs"


@check("an epoch opens few files", points=1, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_few_opens(files, packed, submission, cores):
    worker = files.opened(submission.worker(watch=packed, cores=cores))
    files.read(worker)
    opens = worker.opens().opens
    if not opens:
        raise Failed("An epoch opened no packed file: the samples came from somewhere else.")
    if opens > MAX_OPENS:
        raise Failed(
            f"{opens} opens for {len(files.labels)} samples; up to {MAX_OPENS} are accepted.",
            "Often: a shard is opened again for each of its samples or batches, as by skip() or shard() on records.",
        )
    worker.io.reset()
    files.read(worker)
    return f"{opens} opens in the first epoch, {worker.opens().opens} in the second; {len(files.labels)} samples"


@check("samples are read when they are needed", points=0.5, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_small_memory(files, packed, make_files, submission, cores):
    many = make_files(**MANY)
    many.pack(submission)
    worker = files.opened(submission.worker(cores=cores))
    for _ in range(3):  # what the framework takes in its first epochs is not the data set
        worker.call("read_through")
    cause = f"Often: cache(), or shuffle() with a buffer for the whole set, here {MANY['count']:,} samples."
    return many.judge_memory(worker, cause, share=0.5, beginnings=0)


# --- TODO(1): count ----------------------------------------------------------------------------------------------


@check("your count of file opens is right", points=0.5, rests_on="witnessed", todo=1, after=[test_few_opens])
def test_opens_counted(files, make_files, submission, baseline, cores):
    few, many = 1, int(np.random.default_rng().integers(2, 5))
    fewer = make_files(int(np.random.default_rng().integers(33, 80)))  # a formula holds for any number
    said = [count_opens(files, few, submission, baseline, cores), count_opens(fewer, many, submission, baseline, cores)]
    return "; ".join(said)


def count_opens(files, epochs, submission, baseline, cores):
    """Compare the hand-in's formulas with what is counted on one set of files in some epochs."""
    files.pack(submission)
    counted = []
    for runner, folder in ((baseline, files.source), (submission, files.packed)):
        files.show() if runner is baseline else files.hide()
        worker = runner.worker(watch=folder, cores=cores)
        worker.call("open_loader", str(folder))
        for _ in range(epochs):
            files.read(worker)
        counted.append(worker.opens().opens)
    said = worker.call("opens_per_epoch", len(files.labels), epochs)
    case = f"{len(files.labels)} samples and {epochs} epoch{'' if epochs == 1 else 's'}"
    if not (isinstance(said, list) and len(said) == 2 and all(type(n) is int for n in said)):
        raise Failed("opens_per_epoch() did not answer with two whole numbers.")
    if said != counted:
        raise Failed(
            f"For {case} you said {said[0]} opens before and {said[1]} after packing; "
            f"counted from outside: {counted[0]} and {counted[1]}.",
            _why_count(said, counted, epochs),
        )
    return f"{case}: {counted[0]} before, {counted[1]} after, as you said"


def _why_count(said, counted, epochs):
    if said[0] != counted[0]:
        return "Before: one open per image and epoch, and the labels are in a file too."
    if epochs > 1 and counted[1] <= said[1] / epochs:
        return "After packing: later epochs opened nothing, as with cache(), which keeps the data set in memory."
    return "After packing: every epoch opens every shard; the number of samples does not matter."


# --- TODO(4): load -----------------------------------------------------------------------------------------------


@check(
    "the order of the samples is new in every epoch", points=1, rests_on="witnessed", todo=4, after=[test_samples_once]
)
def test_new_order(files, packed, submission, cores, causes):
    worker = files.opened(submission.worker(cores=cores))
    first, second = (files.read(worker)[1] for _ in range(2))
    if first == second:
        raise Failed("Two epochs had the samples in the same order.", causes["same order"])
    alike, together = likeness(first, second), neighbours(first, second)
    if alike > 0.6:  # simulated: 0.70 to 0.87 with a buffer of 16 of 101 samples, below 0.35 with one for all
        raise Failed(
            f"Two epochs had the samples in almost the same order (correlation {alike:.2f}).",
            "Often: a shuffle buffer of a few samples. It mixes over its own length; what is stored last comes last.",
        )
    if together > 0.6:
        raise Failed(
            f"{together:.0%} of the samples that followed each other were less than a batch apart again.",
            "Often: shuffle() after batch(), or of the shards alone: these move, and stay as they are inside.",
        )
    return f"two epochs, two orders (correlation {alike:.2f})"


def likeness(first, second):
    """Correlation of the samples' places in two epochs: about 0 when both are shuffled well."""
    place = {name: i for i, name in enumerate(second)}
    return float(np.corrcoef(np.arange(len(first)), [place[n] for n in first])[0, 1])


def neighbours(first, second):
    """Share of the samples that followed each other in one epoch and are less than a batch apart in the other: about
    0.3 when both are shuffled well, above 0.9 when whole batches or shards move.
    """
    place = {name: i for i, name in enumerate(second)}
    return float(np.mean([abs(place[a] - place[b]) < BATCH for a, b in itertools.pairwise(first)]))


@check("both cores decode", points=1, rests_on="witnessed", todo=4, after=[test_samples_once])
def test_cores_decode(make_files, submission, two_cores):
    worker = large_images(make_files, submission, cores=two_cores)[1]

    def busy():
        start, before = time.perf_counter(), worker.cpu_seconds()
        worker.call("read_through")
        return (worker.cpu_seconds() - before) / (time.perf_counter() - start)

    found = until_good(busy, lambda cores: cores >= BOTH)
    if max(found) < BOTH:
        raise Failed(
            f"{max(found):.1f} of 2 cores were busy in the best of {len(found)} epochs; needed {BOTH}.",
            "Often: map() over Python code, num_parallel_calls=1, or a pool of one thread.",
        )
    return f"{max(found):.1f} of 2 cores were busy"


@check("batches are made while Python is busy", points=1, rests_on="witnessed", todo=4, after=[test_samples_once])
def test_works_ahead(make_files, submission, cores):
    files, worker = large_images(make_files, submission, cores=cores)
    steps = -(-LARGE["count"] // BATCH)

    def waited():
        before = worker.cpu_seconds()
        alone_s, _ = files.read(worker)
        cpu_s, step_s = worker.cpu_seconds() - before, 3 * alone_s / steps
        worker.call("set_step", step_s)
        wait_s = files.read(worker)[0] - steps * step_s
        worker.call("set_step", 0)
        return max(wait_s, 0) / max(cpu_s, 0.01)  # CPU time comes in ticks

    found = until_good(waited, lambda share: share <= WAITED)
    if min(found) > WAITED:
        raise Failed(
            f"{steps} training steps that keep Python busy waited for data: {min(found):.0%} of the time that one "
            f"core needs for it (up to {WAITED:.0%} is accepted; the best of {len(found)} epochs).",
            "Often: numpy_function(), py_function() or from_generator(): that code runs only while the step does not.",
        )
    return f"the steps waited for {min(found):.0%} of the time that one core needs for the data"


def large_images(make_files, submission, **settings):
    """Files whose decoding takes long, packed, and a worker that has read them once."""
    files = make_files(**LARGE)
    files.pack(submission)
    worker = files.opened(submission.worker(threads=1, **settings))
    worker.call("read_through")
    return files, worker


def until_good(measure, good):
    """Measure until one result is good, or ATTEMPTS are not although nobody disturbed them; returns all.

    Neighbours on these cores can only make a result worse. Raises Unsure where they disturbed every one.
    """
    found, fair = [], 0
    while len(found) < 3 * ATTEMPTS and fair < ATTEMPTS:
        neighbours = Neighbours()
        found.append(measure())
        if good(found[-1]):
            return found
        fair += neighbours.share() <= LIMIT
    if not fair:
        raise Unsure(
            f"Other programs used these cores in all of {len(found)} epochs, so nothing could be measured.",
            next="close other programs and check again; the points stay",
        )
    return found


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
    return race_epochs("epoch", RACE_SAMPLES, cores=two_cores, threads=1)


@check(
    "training on the GPU waits less for data than the start",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once],
)
def test_feeds_gpu(gpu, race_epochs, held_opens):
    return race_epochs("train_epoch", RACE_SAMPLES)
