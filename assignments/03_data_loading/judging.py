"""What the checks of both frameworks share: a set of fresh files, and what must come out of it.

Reached through the fixtures of conftest.py.
"""

import hashlib
import os
import stat
import statistics
import time
from functools import cached_property
from pathlib import Path

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

MOST = 4 * 1536  # rows of an answer that are looked at
BATCH = 16  # as in workload.py
MAX_FILES = 8
PACK_S = 15.0  # a hundred times what the largest set takes
_SHARED = "a file opened before the workers start is shared: they move its position under each other."
TORN_READS = ("BadZipFile", "zlib", "decompress")
CAUSES = {
    "torch": {
        "torn": f"Often: {_SHARED}",
        "pixels": f"Often: wrong offsets, or {_SHARED}",
        "repeated": "every worker delivers the whole set.",
        "one": "Often: __getitem__ ignores its index.",
        "overlap": "Often: the shares of the workers overlap, or samples are drawn with replacement.",
        "whole batches": "as with drop_last=True.",
        "rest": "Often: a rest is lost where samples are divided among workers.",
        "same order": "Often: a generator is seeded anew in each epoch, or set_epoch() is not called.",
    },
    "tensorflow": {
        "torn": "Often: the bytes are not those of an image file.",
        "pixels": "Often: other bytes are stored than those of the image files, or decoded in another way.",
        "repeated": "the whole set is in every shard, or is read that often, as with repeat().",
        "one": "Often: pack() writes the same sample again and again.",
        "overlap": "Often: a sample is in several shards, or a shard is read several times.",
        "whole batches": "as with drop_remainder=True.",
        "rest": "Often: a rest is lost where samples are dealt to the shards, or by take() and skip().",
        "same order": "Often: no shuffle(), shuffle(..., reshuffle_each_iteration=False), or cache() after it.",
    },
}
"""What often lies behind a finding, by framework."""


class Files:
    """One set of sample files that no hand-in has seen, and an empty folder for its packed form."""

    def __init__(self, data, causes, source, packed, place):
        self.source, self.packed = source, packed
        self.causes, self.place = causes, place
        self.data = data
        self.labels = data.read_labels(source)

    @cached_property
    def pixels(self):
        """The decoded samples by name, flat."""
        return {name: self.data.decode(image).ravel() for name, image in self.images.items()}

    @cached_property
    def images(self):
        """The bytes of the sample files by name."""
        return {name: (self.source / f"{name}.img").read_bytes() for name in self.labels}

    def hide(self):
        """Take the small files out of reach: a packed form that only points to them is none."""
        assert self.images  # the grader reads them before
        self.source.chmod(0)

    def pack(self, submission):
        """Pack in a worker that has ended afterwards, and hide the source. Returns the packed folder."""
        worker = submission.worker()
        worker.call("pack", str(self.source), str(self.packed), within=PACK_S)
        worker.close()
        self.hide()
        return self.packed

    def opened(self, worker):
        """The worker, with its loader opened on the packed folder."""
        worker.call("open_loader", str(self.packed))
        return worker

    def show(self):
        """Bring them back, for the baseline."""
        self.source.chmod(0o755)

    def read(self, worker, entry="epoch", within=30):
        """One timed epoch with a new probe. Returns its seconds and the names of the samples in order of delivery;
        raises Failed unless each came once, with its pixels and its label.
        """
        probe = self._probe()
        spec = [Array("float32", (None,), rows=MOST), Array("int64", (None,), rows=MOST)]
        try:
            (products, labels), seconds = worker.timed(entry, probe, returns=spec, within=within)
        except Failed as failed:
            if any(sign in failed.outcome.evidence for sign in TORN_READS):
                raise Failed(failed.outcome.evidence, self.causes["torn"]) from None
            raise
        return seconds, self._identify(probe, products, labels)

    # --- what both frameworks are asked --------------------------------------------------------------------------

    def judge_count(self):
        """At most MAX_FILES packed files, and at least one. Returns the evidence."""
        found = regular_files(self.packed)
        if not found:
            raise Failed("pack() left no file in its target folder.")
        if len(found) > MAX_FILES:
            raise Failed(
                f"{len(self.labels)} samples became {len(found)} files: each is an inode of your quota, "
                "and an open per epoch."
            )
        return f"{len(self.labels)} samples in {_files(len(found))}"

    def judge_bytes(self):
        """The bytes of every image are in the packed files, which are not much larger. Returns the evidence."""
        sizes, total = regular_files(self.packed), sum(map(len, self.images.values()))
        if sum(sizes.values()) > 1.2 * total + 65536:
            raise Failed(
                f"{total:,} bytes of samples became {sum(sizes.values()):,} bytes.",
                "Often: samples are stored twice, or decoded.",
            )
        stored = b"".join(path.read_bytes() for path in sorted(sizes))
        changed = sum(image not in stored for image in self.images.values())
        if changed:
            raise Failed(
                f"The bytes of {changed} of {len(self.images)} image files are not in the packed files.",
                "Often: compressed again, which gains nothing, or decoded, which loses the originals.",
            )
        return f"{total:,} bytes of files became {len(stored):,} bytes"

    def judge_memory(self, worker, cause, share=0.25, beginnings=6):
        """Reading this set makes no process grow by a `share` of it; `worker` has read another one already.

        After a whole epoch come the `beginnings` of some: what is read ahead has no reason to stay.
        """
        size = sum(regular_files(self.packed).values())
        before = worker.reset_peak()
        self.opened(worker).call("read_through")
        for _ in range(beginnings):
            worker.call("first_batch")
        grown = max(worker.peak_bytes, worker.reset_peak()) - before
        if grown > size * share:
            raise Failed(
                f"A process grew by {grown >> 20} MiB while it read {size >> 20} MiB of data: it keeps what it reads.",
                cause,
            )
        return f"a process grew by {grown >> 20} MiB at most; the packed data is {size >> 20} MiB"

    def judge_staging(self, worker, local, home):
        """Stage, and read an epoch from there: no open where `worker` watches, and nothing left lying about."""
        before = {path: hashlib.sha256(path.read_bytes()).digest() for path in regular_files(self.packed)}
        target = worker.call("stage", str(self.packed), str(local))
        if target is None:
            raise Failed("stage() returned nothing; it must return the folder to read from.")
        worker.io.reset()
        worker.call("open_loader", target)
        self.read(worker)
        counts = worker.opens()
        if counts.opens or counts.listings:
            raise Failed(
                f"After staging, an epoch still opened {counts.opens} files on the parallel filesystem.",
                "stage() returned the packed folder." if target == str(self.packed) else "Often: links, not copies.",
            )
        if {path: hashlib.sha256(path.read_bytes()).digest() for path in regular_files(self.packed)} != before:
            raise Failed("Staging changed or removed the packed files: the next job needs them.")
        if at_home := sum(1 for _ in home.rglob("*")):
            raise Failed(f"Staging left {at_home} files and folders in the home directory, whose quota is small.")
        if not Path(target).resolve().is_relative_to(local.resolve()):
            raise Failed("stage() returned a folder outside the local one: it is not removed when the job ends.")
        made = len(regular_files(local))
        if not 0 < made <= MAX_FILES:
            raise Failed(f"Staging made {made} files in the local folder; expected 1 to {MAX_FILES}.")
        return f"{_files(made)} staged; the epoch opened none on the parallel filesystem"

    # --- which sample is which -------------------------------------------------------------------------------------

    def _probe(self):
        """The best of ten random vectors: the one under which the samples differ most.

        float32 sums differ by up to 2e-4. With any one probe two of 100 samples are closer in 1 of 300 epochs.
        """
        pixels = np.stack(list(self.pixels.values()))
        probes = np.random.default_rng().standard_normal((10, pixels.shape[1]), dtype=np.float32)
        gaps = np.diff(np.sort(pixels @ probes.T, axis=0), axis=0).min(axis=0)
        return probes[np.argmax(gaps)]

    def _identify(self, probe, products, labels):
        names = np.array(sorted(self.labels))
        expected = np.array([self.pixels[n] @ probe for n in names])
        if len(products) != len(labels):
            raise Failed(f"{len(products)} images came with {len(labels)} labels.")
        if len(products) > 1 and (products == products[0]).all():
            raise Failed(f"All {len(products)} images are equal: they were not read from the files.")
        found, distance = nearest(expected, products)
        if (wrong := int(np.sum(~(distance <= 0.05)))) > 0:
            raise Failed(
                f"{wrong} of {len(products)} images have pixels that are in no file.",
                self.causes["pixels"],
            )
        counts = np.bincount(found, minlength=len(names))
        if (counts != 1).any():
            cause = _why_missing(len(products), counts, self.causes)
            raise Failed(
                f"{len(names):,} samples were expected once; {int(np.sum(counts == 0)):,} never came, "
                f"{int(np.sum(counts > 1)):,} came more than once.",
                cause,
                self.place(4) if self.causes["whole batches"] in cause else "",  # that argument stands in TODO(4)
            )
        right = np.array([self.labels[n] for n in names[found]])
        if (right != labels).any():
            raise Failed(
                f"{np.sum(right != labels)} of {len(names)} images came with a wrong label.", _why_label(right, labels)
            )
        return list(names[found])


def _files(count):
    return f"{count} file{'' if count == 1 else 's'}"


def nearest(expected, values):
    """For each value the index of the nearest expected one, and its distance."""
    order = np.argsort(expected)
    place = np.clip(np.searchsorted(expected[order], values), 1, len(order) - 1)
    place -= np.abs(values - expected[order][place - 1]) < np.abs(values - expected[order][place])
    return order[place], np.abs(values - expected[order[place]])


def _why_missing(came, counts, causes):
    if not came:
        return "The loader is empty."
    if counts.min() == counts.max():
        return f"Each came {counts.max()} times: {causes['repeated']}"
    if counts.max() == came:
        return causes["one"]
    if counts.max() > 1:
        return causes["overlap"]
    if came == len(counts) - len(counts) % BATCH:
        return f"What came is whole batches of {BATCH}; the rest was dropped, {causes['whole batches']}"
    return causes["rest"]


def _why_label(right, labels):
    if (labels == labels[0]).all():
        return f"Every label is {labels[0]}."
    if set(labels) - set(right):
        return f"Yours run from {labels.min()} to {labels.max()}; in labels.csv from {right.min()} to {right.max()}."
    return "Often: labels and files were put side by side in two different orders."


def regular_files(folder, most=10_000):
    """Sizes of the files below `folder`, by path. Raises Failed for links, devices, and what has a name elsewhere."""
    found, stack = {}, [folder]
    try:
        while stack:
            for entry in os.scandir(stack.pop()):
                info = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    stack.append(entry.path)
                elif not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
                    raise Failed(f"{entry.name!r} is not a file of its own but a link or a device.")
                else:
                    found[Path(entry.path)] = info.st_size
                if len(found) + len(stack) > most:
                    raise Failed(f"There are more than {most:,} files and folders.")
    except OSError as error:
        raise Failed(f"The folder cannot be read: {error.strerror}.") from None
    return found


def decode_seconds(files):
    """Median seconds of a core that this machine takes to decode one sample."""
    seconds = []
    for path in sorted(files.source.glob("*.img"))[:32]:
        image = path.read_bytes()
        start = time.process_time()
        files.data.decode(image)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)
