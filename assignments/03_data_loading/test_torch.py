"""The checks of assignment 03, PyTorch. All public: what is asked is what is read here."""

import csv
import statistics
import time
from types import SimpleNamespace

import numpy as np
import pytest

from grader import machine
from grader.checks import check
from grader.verdict import Failed
from grader.worker.client import Array

SAMPLES = 101  # a prime: no batch size and no number of workers divides it
RACE_SAMPLES = 96  # whole batches, the same number for each of two workers
MANY_SAMPLES = 1536  # as decoded arrays 18 MiB: a process that keeps them stands out
SIDE = 96
MAX_FILES = 8
BATCH = 16  # as in workload.py
CSV = "labels.csv"
PRODUCTS = Array("float32", (None,), rows=4 * MANY_SAMPLES)
LABELS = Array("int64", (None,), rows=4 * MANY_SAMPLES)


@pytest.fixture
def data(given):
    """The course's own copy of data.py."""
    return given("data")


@pytest.fixture
def files(folder, data, seed):
    """A folder with samples that no hand-in has seen, below a folder that plays the parallel filesystem."""
    root = folder(writable=False)
    data.make_files(root / "images", SAMPLES, seed, SIDE)
    labels = data.read_labels(root / "images")
    pixels = {name: data.decode((root / "images" / f"{name}.img").read_bytes()).ravel() for name in labels}
    return SimpleNamespace(root=root, source=root / "images", labels=labels, pixels=pixels)


@pytest.fixture
def cores():
    """Two cores, or one: the seven batches of an epoch would not reach all the workers of a whole node."""
    return tuple(machine.cores()[:2])


@pytest.fixture
def packed(files, folder, submission):
    """The samples as the hand-in packs them, in a process of its own: nothing stays in its memory."""
    target = folder(writable=True)
    submission.worker().call("pack", str(files.source), str(target))
    return target


def read_epoch(worker, files, entry="epoch"):
    """One timed epoch with a new probe; returns its seconds and the delivered samples' names in order."""
    probe = new_probe(files)
    (products, labels), seconds = worker.timed(entry, probe, returns=[PRODUCTS, LABELS])
    return seconds, identify(files, probe, products, labels)


def new_probe(files):
    """The best of ten random probes: under it no two samples look alike. float32 sums differ by up to 2e-4, and with
    any single probe the products of two of 100 samples are closer than that about once in 300 epochs."""
    pixels = np.stack(list(files.pixels.values()))
    probes = np.random.default_rng().standard_normal((10, pixels.shape[1]), dtype=np.float32)
    gaps = np.diff(np.sort(pixels @ probes.T, axis=0), axis=0).min(axis=0)
    return probes[np.argmax(gaps)]


def identify(files, probe, products, labels):
    """Names of the delivered samples, found by probe . pixels; raises Failed unless all came once, with their label."""
    names = np.array(sorted(files.labels))
    expected = np.array([files.pixels[n] @ probe for n in names])
    order = np.argsort(expected)
    if len(products) != len(labels):
        raise Failed(f"{len(products)} images came with {len(labels)} labels.")
    place = np.clip(np.searchsorted(expected[order], products), 1, len(order) - 1)
    place -= np.abs(products - expected[order][place - 1]) < np.abs(products - expected[order][place])
    found = order[place]
    wrong = int(np.sum(~(np.abs(products - expected[found]) <= 0.05)))
    if wrong:
        same = len(products) > 1 and (products == products[0]).all()
        raise Failed(
            f"{wrong} of {len(products)} images have pixels that are in no file.",
            "All of them are equal: nothing was read." if same else "Often: read from the wrong place of a packed file.",
        )
    counts = np.bincount(found, minlength=len(names))
    if (counts != 1).any():
        raise Failed(
            f"{len(names):,} samples were expected once; {int(np.sum(counts == 0)):,} never came, "
            f"{int(np.sum(counts > 1)):,} came more than once.",
            _why_missing(len(products), counts),
        )
    right = np.array([files.labels[n] for n in names[found]])
    if (right != labels).any():
        raise Failed(
            f"{np.sum(right != labels)} of {len(names)} images came with a wrong label.", _why_label(right, labels)
        )
    return list(names[found])


def _why_missing(came, counts):
    if counts.min() == counts.max():
        return f"Each came {counts.max()} times: every worker delivers the whole set."
    if counts.max() > 1:
        return "Often: the shares of the workers overlap, or samples are drawn with replacement."
    if came == len(counts) - len(counts) % BATCH:
        return f"What came is whole batches of {BATCH}; the rest was dropped, as with drop_last=True."
    return "Often: a rest is lost where samples are divided among workers."


def _why_label(right, labels):
    if (labels == labels[0]).all():
        return f"Every label is {labels[0]}."
    if set(labels) - set(right):
        return f"The labels run from {labels.min()} to {labels.max()}; in {CSV} from {right.min()} to {right.max()}."
    return "Often: labels and files were put side by side in two different orders."


# --- TODO(2): pack -----------------------------------------------------------------------------------------------


@check("the packed data set is at most 8 files", points=1, rests_on="witnessed", todo=2)
def test_few_files(packed):
    found = [p for p in packed.rglob("*") if not p.is_dir()]
    if not found:
        raise Failed("pack() left no file in its target folder.")
    if len(found) > MAX_FILES:
        raise Failed(
            f"{SAMPLES} samples became {len(found)} files: each is an inode of your quota, and an open per epoch."
        )
    return f"{SAMPLES} samples in {len(found)} files"


@check("samples are stored as they are", points=0.5, rests_on="witnessed", todo=2, after=[test_few_files])
def test_stored_unchanged(packed, files):
    stored = b"".join(p.read_bytes() for p in sorted(packed.rglob("*")) if p.is_file())
    images = [p.read_bytes() for p in files.source.glob("*.img")]
    changed = sum(image not in stored for image in images)
    if changed:
        raise Failed(
            f"The bytes of {changed} of {len(images)} image files are not in the packed files.",
            "Often: compressed a second time, or decoded before storing. Both cost more time than they save.",
        )
    total = sum(p.stat().st_size for p in files.source.iterdir())
    if len(stored) > 1.2 * total + 65536:
        raise Failed(f"{total:,} bytes of samples became {len(stored):,} bytes.", "Often: samples are stored twice.")
    return f"{total:,} bytes of files became {len(stored):,} bytes"


# --- TODO(3): read -----------------------------------------------------------------------------------------------


@check(
    "every sample arrives once per epoch, with its label", points=1.5, rests_on="witnessed", todo=3, after=[test_few_files]
)
def test_samples_once(packed, files, submission, cores):
    worker = submission.worker(cores=cores)
    worker.call("open_loader", str(packed))
    for _ in range(2):
        read_epoch(worker, files)
    return f"{SAMPLES} of {SAMPLES} in each of 2 epochs"


@check("an epoch opens few files", points=1, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_few_opens(packed, files, submission, cores):
    worker = submission.worker(watch=packed, cores=cores)
    worker.call("open_loader", str(packed))
    read_epoch(worker, files)
    opens, helpers = worker.io.counts().opens, len(worker.helpers())
    allowed = 2 * MAX_FILES + MAX_FILES * helpers
    if opens > allowed:
        raise Failed(
            f"{opens} opens for {SAMPLES} samples with {helpers} workers; up to {allowed} are accepted.",
            "Often: the archive is opened again for every sample.",
        )
    worker.io.reset()
    read_epoch(worker, files)
    return f"{opens} opens in the first epoch, {worker.io.counts().opens} in the second; {SAMPLES} samples"


@check("samples are read when they are needed", points=0.5, rests_on="witnessed", todo=3, after=[test_samples_once])
def test_small_memory(folder, data, seed, submission, cores):
    root, target = folder(writable=False), folder(writable=True)
    data.make_files(root / "images", MANY_SAMPLES, seed, SIDE)
    submission.worker().call("pack", str(root / "images"), str(target))
    size = sum(p.stat().st_size for p in target.rglob("*"))
    worker = submission.worker(cores=cores)
    before = worker.reset_peak()
    worker.call("open_loader", str(target))
    worker.call("epoch", np.zeros(3 * 32 * 32, np.float32), returns=[PRODUCTS, LABELS])
    grown = max(worker.peak_bytes, worker.reset_peak()) - before
    if grown > size / 5:
        raise Failed(
            f"A process grew by {grown >> 20} MiB in an epoch of {size >> 20} MiB of packed data: it keeps what it reads.",
            "Often: everything is read in __init__, or cached. A real data set is larger than the node's memory.",
        )
    return f"a process grew by {grown >> 20} MiB at most; the packed data is {size >> 20} MiB"


# --- TODO(1): count ----------------------------------------------------------------------------------------------


@check("your count of file opens is right", points=0.5, rests_on="witnessed", todo=1, after=[test_few_opens])
def test_opens_counted(packed, files, submission, baseline, cores):
    start = baseline.worker(watch=files.root)
    start.call("open_loader", str(files.source))
    read_epoch(start, files)
    worker = submission.worker(watch=packed, cores=cores)
    worker.call("open_loader", str(packed))
    read_epoch(worker, files)
    workers = len(worker.helpers())
    said = worker.call("opens_per_epoch", SAMPLES, workers)
    counted = [start.io.counts().opens, worker.io.counts().opens]
    if said != counted:
        raise Failed(
            f"For {SAMPLES} samples you said {said[0]} opens before and {said[1]} after packing ({workers} workers); "
            f"counted from outside: {counted[0]} and {counted[1]}.",
            _why_count(said, counted, workers),
        )
    return f"{counted[0]} before, {counted[1]} after, as you said"


def _why_count(said, counted, workers):
    if said[0] == counted[0] - 1:
        return "Before: the labels are in a file too."
    if said[0] == counted[0] and counted[1] - workers < said[1] < counted[1]:
        return "Often: each worker opens a packed file for itself, and the loader opened it before for the labels."
    return ""


# --- TODO(4): load -----------------------------------------------------------------------------------------------


@check("the order of the samples is new in every epoch", points=0.5, rests_on="witnessed", todo=4, after=[test_samples_once])
def test_new_order(packed, files, submission, cores):
    worker = submission.worker(cores=cores)
    worker.call("open_loader", str(packed))
    first, second = (read_epoch(worker, files)[1] for _ in range(2))
    with (files.source / CSV).open(newline="") as file:
        stored = [name for name, _ in csv.reader(file)]
    for order in (sorted(stored), stored):
        position = {name: i for i, name in enumerate(order)}
        if abs(np.corrcoef([position[n] for n in first], np.arange(SAMPLES))[0, 1]) > 0.9:  # noqa: PLR2004
            raise Failed("The samples came almost in the order in which they are stored: they are not shuffled.")
    if first == second:
        raise Failed(
            "Two epochs shuffled the samples into the same order.",
            "Often: a generator is seeded anew in each epoch, or set_epoch() is not called.",
        )
    return "two epochs, two orders"


@check("as many workers as the job has cores", points=1, rests_on="witnessed", todo=4, after=[test_few_files])
def test_workers_allocated(files, folder, submission, two_cores):
    target = folder(writable=True)
    submission.worker().call("pack", str(files.source), str(target))
    seen = {}
    for cores in ((two_cores[0],), two_cores):
        number = str(len(cores))
        worker = submission.worker(cores=cores, env={"SLURM_CPUS_PER_TASK": number, "SLURM_CPUS_ON_NODE": number})
        worker.call("open_loader", str(target))
        worker.call("first_batch")
        seen[len(cores)] = len(worker.helpers())
        worker.close()
    if seen[1] > 1 or not 1 <= seen[2] <= 2:  # noqa: PLR2004
        raise Failed(
            f"With 1 core allocated: {seen[1]} loader workers; with 2 cores: {seen[2]}.",
            _why_workers(seen),
        )
    return f"{seen[1]} worker(s) on 1 core, {seen[2]} on 2"


def _why_workers(seen):
    if seen[2] == 0:
        return "Everything is read and decoded in the main process, while the model waits."
    if seen[1] == seen[2]:
        return "The number does not follow the allocation: a literal, or the cores of the whole machine."
    return "More workers than cores take turns on them and are slower."


@check("workers stay alive between epochs", points=0.5, rests_on="witnessed", todo=4, after=[test_workers_allocated])
def test_workers_stay(packed, files, submission, cores):
    worker = submission.worker(cores=cores)
    worker.call("open_loader", str(packed))
    read_epoch(worker, files)
    between = worker.helpers()
    worker.call("first_batch")
    if not between or worker.helpers() != between:
        raise Failed(
            f"After the first epoch {len(between)} workers were left: each epoch starts new ones and opens all again."
        )
    return f"{len(between)} workers served both epochs"


# --- TODO(5): stage ----------------------------------------------------------------------------------------------


@check("staged data is read from the node's own disk", points=0.5, rests_on="witnessed", todo=5, after=[test_samples_once])
def test_staged(packed, files, folder, submission, cores):
    local, home = folder(writable=True), folder(writable=True)
    worker = submission.worker(watch=packed, cores=cores, env={"HOME": str(home)})
    target = worker.call("stage", str(packed), str(local))
    worker.io.reset()
    worker.call("open_loader", target)
    read_epoch(worker, files)
    counts = worker.io.counts()
    if counts.opens or counts.listings:
        raise Failed(f"After staging, an epoch still opened {counts.opens} files on the parallel filesystem.")
    at_home = sum(1 for _ in home.rglob("*"))
    if at_home:
        raise Failed(f"Staging left {at_home} files and folders in the home directory, whose quota is small.")
    made = [p for p in local.rglob("*") if not p.is_dir()]
    if not 0 < len(made) <= MAX_FILES:
        raise Failed(f"Staging made {len(made)} files in the local folder; expected 1 to {MAX_FILES}.")
    return f"{len(made)} files staged; the epoch opened none on the parallel filesystem"


# --- measured ----------------------------------------------------------------------------------------------------


@check(
    "an epoch is much faster than the start's on a parallel filesystem",
    points=1.5,
    rests_on="witnessed",
    todo=4,
    after=[test_samples_once],
)
def test_throughput(request, race, submission, baseline, data, folder, two_cores, held_opens):
    return simulated_race(request, race, submission, baseline, data, folder, "epoch", cores=two_cores, threads=1)


@check(
    "training on the GPU waits less for data than the start", points=0.5, rests_on="witnessed", todo=4, after=[test_samples_once]
)
def test_feeds_gpu(request, gpu, race, submission, baseline, data, folder, held_opens):
    return simulated_race(request, race, submission, baseline, data, folder, "train_epoch")


@check("batches arrive in pinned memory", points=0.5, rests_on="self-reported", todo=4, after=[test_samples_once])
def test_pinned(gpu, packed, submission):
    worker = submission.worker()
    worker.call("open_loader", str(packed))
    if not worker.call("pinned"):
        raise Failed("The batches lie in pageable memory: their copy to the GPU cannot overlap with compute.")
    return "batches are pinned"


def simulated_race(request, race, submission, baseline, data, folder, entry, **settings):
    """Race epochs over a few sets of files whose opens are held for three times the decoding of a sample."""
    sets = [packed_set(folder, data, submission) for _ in range(3)]
    hold_s = 3 * decode_seconds(data, sets[0].source)

    def timed(runner, part):
        files = sets[len(race.pairs) % len(sets)]
        path = getattr(files, part)
        worker = runner.worker(watch=path, **settings)
        worker.call("open_loader", str(path))
        read_epoch(worker, files, entry)  # starts workers, opens handles; nothing is held yet
        worker.io.hold_s = hold_s
        seconds, _ = read_epoch(worker, files, entry)
        worker.close()
        return seconds

    return race.run(lambda: timed(baseline, "source"), lambda: timed(submission, "packed"))


def packed_set(folder, data, submission):
    """A fresh set of files, and the hand-in's packed form of it."""
    root, packed = folder(writable=False), folder(writable=True)
    source = root / "images"
    data.make_files(source, RACE_SAMPLES, int.from_bytes(np.random.default_rng().bytes(4)), SIDE)
    submission.worker().call("pack", str(source), str(packed))
    labels = data.read_labels(source)
    pixels = {name: data.decode((source / f"{name}.img").read_bytes()).ravel() for name in labels}
    return SimpleNamespace(source=source, packed=packed, labels=labels, pixels=pixels)


def decode_seconds(data, source):
    """Median seconds that this machine takes to decode one sample."""
    images = [p.read_bytes() for p in sorted(source.glob("*.img"))[:32]]
    seconds = []
    for image in images:
        start = time.perf_counter()
        data.decode(image)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
