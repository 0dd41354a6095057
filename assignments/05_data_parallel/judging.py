"""What the checks judge with: fresh problems, and what is likely where an answer differs. Reached as `judge`."""

import copy

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

WIDTH, CLASSES = 32, 10
SAME = 1e-4
"""Weights after a few steps agree to this, relative to how far they moved; sums in another order make about 1e-7."""
ON_CPU = {"env": {"CUDA_VISIBLE_DEVICES": ""}}
"""Ranks that talk through sockets, where their traffic can be counted; NCCL's goes over NVLink or shared memory."""


class Problem:
    """Global batches that nobody has seen, and the options of a training on them."""

    def __init__(self, *, steps, samples=48, width=WIDTH, hidden=64, accumulate=1, **options):
        rng = np.random.default_rng()
        self.inputs = rng.standard_normal((steps, samples, width), dtype=np.float32)
        self.targets = rng.integers(CLASSES, size=(steps, samples))
        own = {"seed": int(rng.integers(1 << 30)), "lr": 0.5, "hidden": hidden, "accumulate": accumulate}
        self.options = own | options

    @property
    def weights(self):
        """How many weights the model has."""
        width, hidden = self.inputs.shape[-1], self.options["hidden"]
        return width * hidden + hidden + hidden * CLASSES + CLASSES

    @property
    def operations(self):
        """Floating-point operations that training on it takes at least: 4 per weight of the first layer and sample
        (its inputs need no gradient), 6 per other weight.
        """
        first = self.inputs.shape[-1] * self.options["hidden"]
        return (4 * first + 6 * self.options["hidden"] * CLASSES) * self.targets.size

    def nothing(self):
        """The same problem without any step."""
        none = copy.copy(self)
        none.inputs, none.targets = self.inputs[:0], self.targets[:0]
        return none

    def train(self, group):
        """(before, after) of each rank."""
        return group.call("train", self.inputs, self.targets, self.options, returns=self._vectors())

    def timed(self, group):
        """(first weights of each rank after a training, its seconds)."""
        options, returns = self.options | {"weights": 64}, self._vectors(64)
        found, seconds = group.timed("train", self.inputs, self.targets, options, returns=returns)
        return [after for _, after in found], seconds

    def reference(self, worker):
        """(before, after) of one process on whole batches."""
        return worker.call("reference", self.inputs, self.targets, self.options, returns=self._vectors())

    def _vectors(self, count=0):
        return [Array("float32", (count or self.weights,))] * 2

    def exchanges(self, group):
        """((before, after) of rank 0; how often each rank sends its gradients in a step, by its traffic).

        A ring all-reduce sends 2 (n - 1) / n of the data from every rank (Patarasuk and Yuan 2009). What is sent once,
        when the model is made, is taken away by a training of no steps.
        """
        self.nothing().train(group)  # connections and buffers of the first time
        once = _sent(group, self.nothing().train)[1]
        found, sent = _sent(group, self.train)
        ring = 4 * self.weights * 2 * (len(group) - 1) / len(group)
        return found[0], (sent - once) / ring / len(self.inputs)


def _sent(group, run):
    before = np.array(group.sent_bytes())
    found = run(group)
    return found, np.array(group.sent_bytes()) - before


def difference(found, expected):
    """Size of found - expected, relative to that of expected: 0 for equal."""
    return float(np.linalg.norm(found.astype(np.float64) - expected) / np.linalg.norm(expected))


def same_start(starts):
    """Evidence that all ranks begin with the same weights. Raises Failed."""
    far = max(difference(other, starts[0]) for other in starts[1:])
    if far:
        raise Failed(
            f"The ranks begin with other weights than rank 0: they differ by up to {far:.0%} of their size.",
            "Each rank made its model from a seed of its own; the wrapper sends rank 0's to all.",
        )
    return f"{len(starts)} ranks, {len(starts)} seeds, one model"


def same_end(found, expected, ranks):
    """How far the ranks ended from one process on whole batches, relative to how far that moved. Raises Failed."""
    start, end = expected
    wanted = end.astype(np.float64) - start
    moves = [after.astype(np.float64) - before for before, after in found]
    apart = max(float(np.abs(move - moves[0]).max()) for move in moves)
    if apart > SAME * np.abs(wanted).max():
        raise Failed(
            f"After the training the weights of {ranks} ranks differ from each other.",
            "Often: nothing is exchanged: the model is not wrapped, or the inner one is called (model.module(x)).",
        )
    if not np.isfinite(moves[0]).all() or not moves[0].any():
        raise Failed("After the training the weights are " + ("unchanged." if not moves[0].any() else "inf or nan."))
    far = float(np.linalg.norm(moves[0] - wanted) / np.linalg.norm(wanted))
    if far > SAME:
        length = float(np.linalg.norm(moves[0]) / np.linalg.norm(wanted))
        raise Failed(
            f"{ranks} ranks: the weights end {far:.1%} away from those of one process on the whole batch.",
            f"They moved {length:.2g} times as far. {_likely(length, ranks)}",
        )
    return far


def _likely(length, ranks):
    if length > 0.7 * ranks:
        return "Often: gradients are summed over ranks or batches where their mean is asked."
    if length < 0.55:
        return "Often: divided by the number of ranks or batches twice; the wrapper takes the mean already."
    return "Often: a batch is left out, or gradients of earlier steps are still there (zero_grad)."


def one_exchange(exchanges, accumulate):
    """Evidence that gradients crossed the wire once per step. `exchanges` by rank. Raises Failed."""
    most, least = float(max(exchanges)), float(min(exchanges))
    if most > 1.2:
        per_batch = abs(most - accumulate) < 0.3 * accumulate
        raise Failed(
            f"A rank sent {most:.1f} times the gradients per step of {accumulate} batches; once is enough.",
            "Every backward pass starts an exchange, also those before the last one of a step.\n"
            "no_sync() needs the forward pass inside as well: that is where DDP decides." if per_batch else "",
        )
    if least < 0.8:
        raise Failed(f"A rank sent {least:.1f} times the gradients per step; all take part in one exchange.")
    return f"{most:.2f} times the gradients per step of {accumulate} batches, counted on the wire"


# --- data ------------------------------------------------------------------------------------------------------------


class Samples:
    """A data set whose samples are told apart by their product with a probe."""

    def __init__(self, count):
        rng = np.random.default_rng()
        self.inputs = rng.standard_normal((count, WIDTH), dtype=np.float32)
        self.targets = rng.integers(CLASSES, size=count)
        self.probe = rng.standard_normal(WIDTH)
        self._known = self.inputs @ self.probe

    def open(self, group):
        """Build every rank's loader."""
        group.call("open_loader", self.inputs, self.targets, 8)

    def epoch(self, group, number):
        """Indices of the samples that each rank delivered in an epoch, in order. Raises Failed for strange ones."""
        rows = 100 * len(self.inputs)
        returns = [Array("float64", (None,), rows=rows), Array("int64", (None,), rows=rows)]
        parts = []
        for products, labels in group.call("epoch", number, self.probe, returns=returns):
            indices = np.abs(self._known[None] - products[:, None]).argmin(axis=1)
            if (np.abs(self._known[indices] - products) > 1e-6).any():
                raise Failed("Some of the delivered samples are not in the data set.")
            if len(labels) != len(products) or (self.targets[indices] != labels).any():
                raise Failed("Samples came without their labels, or with those of others.")
            parts.append(indices.tolist())
        return parts


def each_once(parts, count):
    """Evidence that each of `count` samples came on exactly one rank. Raises Failed."""
    seen = np.bincount(np.concatenate(parts).astype(int), minlength=count)
    sizes = " + ".join(str(len(part)) for part in parts)
    if (seen == len(parts)).all():
        raise Failed(
            f"Every rank delivered all {count} samples: the job does the same work {len(parts)} times.",
            "A DataLoader knows nothing of the other ranks; its sampler has to.",
        )
    if (seen > 1).any():
        raise Failed(
            f"{int((seen > 1).sum())} of {count} samples came twice or more ({sizes} delivered).",
            "Often: each rank takes its part of an order that it has shuffled by itself.",
        )
    if not seen.all():
        raise Failed(f"{int((seen == 0).sum())} of {count} samples came on no rank ({sizes} delivered).")
    if np.ptp([len(part) for part in parts]) > 1:
        raise Failed(f"The ranks delivered {sizes} of {count} samples; parts may differ by one.")
    return f"{sizes} of {count} samples"


def new_order(orders):
    """Evidence that epochs differ. `orders`: by epoch, what each rank delivered. Raises Failed."""
    if any(len(part) > 1 and part == sorted(part) for part in orders[0]):
        raise Failed("The samples came in the order of the data set.", "A sampler shuffles unless it is told not to.")
    if orders[0] == orders[1] or orders[1] == orders[2]:
        raise Failed(
            "Two epochs had the same order.",
            "DistributedSampler draws it from its seed and the epoch's number, which it has to be told.",
        )
    if all(set(one) == set(other) for one, other in zip(orders[0], orders[1], strict=True)):
        raise Failed("In each epoch a rank gets the same samples again: only their order is new.")
    return f"{len(orders)} epochs, {len(orders)} orders"


def seeds(drawn, again, following):
    """Evidence that ranks draw different numbers, repeatably. Each: by rank, for a base. Raises Failed."""
    if drawn != again:
        raise Failed("The same base gave other numbers the second time: a run cannot be repeated.")
    if len({tuple(d) for d in drawn}) < len(drawn):
        raise Failed(
            "Ranks drew the same random numbers: their samples would be augmented alike.",
            "The rank has to be part of the seed.",
        )
    if {tuple(d) for d in drawn} & {tuple(d) for d in following}:
        raise Failed(
            "With base + 1 a rank drew what its neighbour drew with base: the runs are not independent.",
            "base + rank does that. Leave room between bases for all ranks.",
        )
    return f"{len(drawn)} ranks, different and repeatable"


# --- evaluate, save --------------------------------------------------------------------------------------------------


def accuracy(group, worker, samples):
    """Evidence that `group` answers the accuracy over `samples` exactly. Raises Failed."""
    rng = np.random.default_rng()
    inputs, seed = rng.standard_normal((samples, WIDTH), dtype=np.float32), int(rng.integers(1 << 30))
    (classes,) = worker.call("predict", inputs, seed, returns=[Array("int64", (samples,))])
    good = np.arange(samples) < samples * 0.6  # the last ones wrong: what is left out or counted twice shows
    targets = np.where(good, classes, (classes + 1) % CLASSES)
    found = group.call("accuracy", inputs, targets, seed)
    exact, ranks = float(good.mean()), len(group)
    if any(not isinstance(f, float) or abs(f - found[0]) > 1e-6 for f in found):
        raise Failed(
            f"The ranks answer {', '.join(map(_digits, found))}; all are asked for the accuracy of the whole set.",
            "Often: each rank answers for its own part, or only rank 0 knows.",
        )
    if abs(found[0] - exact) > 1e-6:
        raise Failed(
            f"{samples} samples on {ranks} ranks: {found[0]:.4f}; {good.sum()} of {samples} are right, {exact:.4f}.",
            "Often: a mean of means, or samples counted twice because a sampler fills the last round up.",
        )
    return f"{samples} on {ranks} ranks"


def _digits(answer):
    return f"{answer:.4f}" if isinstance(answer, float) else str(answer)


def one_writer(opened, there, found, expected):
    """Evidence that one rank wrote what one process can load. `opened`: files opened, by rank. Raises Failed."""
    writers = sum(n > 0 for n in opened)
    if writers != 1:
        raise Failed(
            f"{writers} of {len(opened)} ranks opened a file in the folder of the checkpoint; expected one.",
            "Several writers of one path leave a broken file now and then." if writers else "",
        )
    if not all(there):
        raise Failed(
            f"Rank {there.index(False)} went on before the file was there.",
            "What it does next may be to load it, or to end the job. All ranks have to wait for the writer.",
        )
    if isinstance(found, str):
        often = "Often: the wrapper's state dict was saved, in which every name begins with module."
        raise Failed(
            f"One process without DDP cannot load the file: {found}",
            often if "Unexpected key" in found else "",
        )
    if found != expected:
        raise Failed("The file holds other weights than rank 0's.")
    return f"1 of {len(opened)} ranks wrote"


# --- measured --------------------------------------------------------------------------------------------------------


def for_cpu():
    """A problem whose training takes about 150 ms on a core."""
    return Problem(steps=4, samples=1024, width=512, hidden=1024, lr=0.05)


def for_gpu():
    """A problem that keeps a large GPU busy: 2e12 operations per step."""
    return Problem(steps=4, samples=8192, width=4096, hidden=16384, lr=0.01)


def agree(mine, base):
    """Raise Failed unless all ranks' weights after a timed training are those of the single process."""
    for after in mine:
        if not (off := float(np.abs(after - base[0]).max())) <= 1e-3 * float(np.abs(base[0]).max()):  # nan, too
            raise Failed(f"The weights after a timed training differ from those of one process by {off:.1e}.")
