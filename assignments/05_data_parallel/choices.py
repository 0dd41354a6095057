"""What the checks of TensorFlow judge with: fresh problems, their answers, and what is likely where one differs.

Answers come from the network in NumPy, network_tf.py: checks hand it over as `network`.
"""

import itertools

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

SAME = 1e-4
"""Weights agree to this, relative to how far they moved; sums in another order make about 1e-6."""


def copies(network):
    """An answer: the weights on each replica of a process."""
    return Array("float32", (None, network.WEIGHTS), rows=64)


# --- training --------------------------------------------------------------------------------------------------------


class Problem:
    """Global batches that nobody has seen: `sizes` (steps, replicas) says how many samples each replica gets."""

    def __init__(self, network, sizes):
        self.network = network
        rng = np.random.default_rng()
        self.sizes = np.array(sizes, dtype=np.int64)
        steps, most = len(sizes), int(self.sizes.sum(axis=1).max())
        self.inputs = rng.standard_normal((steps, most, network.WIDTH), dtype=np.float32)
        self.targets = rng.integers(network.CLASSES, size=(steps, most))
        self.options = {"seed": int(rng.integers(1 << 30)), "rate": float(rng.uniform(0.1, 0.2))}

    @property
    def replicas(self):
        """How many replicas train on it."""
        return self.sizes.shape[1]

    def batches(self):
        """(inputs, targets) of each global batch."""
        for size, inputs, targets in zip(self.sizes.sum(axis=1), self.inputs, self.targets, strict=True):
            yield inputs[:size].astype(np.float64), targets[:size]

    def expected(self):
        """(weights at the start, at the end, losses) of one process that takes each batch as a whole."""
        start = weights = self.network.initial(self.options["seed"]).astype(np.float64)
        told = []
        for batch in self.batches():
            loss, gradient = self.network.loss_and_gradient(weights, *batch)
            weights = weights - self.options["rate"] * self.replicas * gradient
            told.append(loss)
        return start, weights, np.array(told)

    def train(self, process):
        """What `train` of the workload answers: (weights of each replica, losses), of ranks a list of it."""
        returns = [copies(self.network), Array("float64", (len(self.sizes),))]
        return process.call("train", self.inputs, self.targets, self.sizes, self.options, returns=returns)

    def labelled(self):
        """Give labels of which the model gets the first 60 % right in each batch; how many are right, of how many."""
        good = all_ = 0
        for batch, (inputs, _) in enumerate(self.batches()):
            classes = self.network.logits(self.expected()[0], inputs).argmax(axis=1)
            right = np.arange(len(classes)) < np.ceil(0.6 * len(classes))
            self.targets[batch, : len(classes)] = np.where(right, classes, (classes + 1) % self.network.CLASSES)
            good, all_ = good + int(right.sum()), all_ + len(classes)
        return good, all_


def same_end(found, problem, kind="replicas"):
    """How far replicas ended from one process on whole batches, relative to how far that moved. Raises Failed.

    found: the weights of every replica, (replicas, weights).
    """
    start, end, _ = problem.expected()
    moves, wanted = found.astype(np.float64) - start, end - start
    many = f"{problem.replicas} {kind}"
    if not np.isfinite(moves).all():
        raise Failed(
            f"{many}: after the training there are weights that are inf or nan.",
            "Often: the mean over an empty part, which is 0 / 0." if not problem.sizes.all() else "",
        )
    if (apart := float(np.abs(moves - moves[0]).max())) > SAME * float(np.abs(wanted).max()):
        raise Failed(
            f"{many}: after the training their weights differ by up to {apart:.1e}.",
            "Often: gradients are applied where no other replica hears of them.",
        )
    if not moves[0].any():
        raise Failed(f"{many}: the training changed no weight.")
    far = float(np.linalg.norm(moves[0] - wanted) / np.linalg.norm(wanted))
    if far > SAME:
        length = float(moves[0] @ wanted / (wanted @ wanted))
        raise Failed(
            f"{many}: the weights end {far:.1%} away from those of one process on the whole batch.",
            f"They moved {length:.2g} times as far. {_likely(length, problem, kind)}",
        )
    return far


def _likely(length, problem, kind):
    if len(np.unique(problem.sizes)) > 1:
        return "Often: a mean over each part, or a division by the size of a full batch; the parts differ in size."
    if length > 1.3 and kind == "workers":
        return "Often: divided by the samples of this process; the gradients of all processes are added."
    if length > 1.3:
        return (
            "Often: the loss is a mean over a replica's part, or gradients are added by hand; the optimizer adds them."
        )
    if length < 0.8:
        return "Often: divided by the number of replicas twice, or the gradients of one replica only."
    return "Often: some replicas get samples of others, or an optimizer of another kind."


def same_losses(told, expected):
    """Evidence that a step answers the mean loss of the global batch. told, expected: by step. Raises Failed."""
    if not (off := float(np.abs(told - expected).max())) <= 1e-4:  # says no to nan, too, as below
        ratio = float(np.median(told / expected))
        cause = f"It is {ratio:.2g} times that. Often: the means of parts are added, or shares of the mean averaged."
        if not np.allclose(told, ratio * expected, rtol=1e-3):
            cause = "Often: the loss of one replica, that of its own part."
        raise Failed(f"A step answered {told[0]:.4f}; the mean loss of its batch is {expected[0]:.4f}.", cause)
    return f"{len(told)} steps, off by {off:.0e} at most"


# --- models --------------------------------------------------------------------------------------------------------


def one_model(found, start, gradients):
    """Evidence that a model and its optimizer span all replicas; the rate that was used. Raises Failed.

    found: for each variable whether it is the strategy's, weights of each replica before and after a step, steps that
    the optimizer counted; start: the weights that were given.
    """
    places, before, after, (counted,) = found
    if not places.all():
        raise Failed(
            f"{int((places == 0).sum())} of {len(places)} variables of the model are not the strategy's: one copy, on "
            "one device, that no replica can train.",
            "Often: the model is made outside of the strategy's scope, or before it.",
        )
    count = len(gradients)
    if len(before) != count or not np.abs(before - start).max() <= 1e-6:
        raise Failed(
            f"{len(before)} of {count} replicas have weights, or not those with which build() makes the model."
        )
    moves, total = (before - after).astype(np.float64), gradients.sum(axis=0)
    rates = moves @ total / (total @ total)
    if not np.abs(moves - moves[0]).max() <= SAME * np.abs(moves).max():
        raise Failed(f"After one step the {count} replicas have different weights: each applied its own gradients.")
    if not np.linalg.norm(moves[0] - rates[0] * total) <= SAME * np.linalg.norm(moves[0]) or not moves.any():
        raise Failed(
            f"One step of the optimizer is not along the sum of the gradients of {count} replicas.",
            "Often: another optimizer than plain SGD.",
        )
    if counted != 1:
        raise Failed(
            f"After one step on {count} replicas the optimizer has counted {counted}: its variables are not the "
            "strategy's, and a schedule of the learning rate would run as much too fast.",
            "Often: the optimizer is made outside of the strategy's scope.",
        )
    return float(rates[0])


def good_rate(found, rate, replicas):
    """Raise Failed unless a learning rate has grown with the global batch."""
    if not abs(found / (rate * replicas) - 1) <= 1e-3:
        what = "that of one replica's batch" if abs(found / rate - 1) < 1e-3 else f"{found / rate:.3g} times it"
        raise Failed(
            f"{replicas} replicas step with a learning rate of {found:.4f}, {what}; asked for: {rate * replicas:.4f}.",
            f"The global batch is {replicas} times as large; linear scaling multiplies the rate by as much.",
        )


# --- data ------------------------------------------------------------------------------------------------------------


class Samples:
    """A data set whose samples are told apart by their product with a probe."""

    def __init__(self, network, count, batch):
        rng = np.random.default_rng()
        self.count, self.batch = count, batch
        self.inputs = rng.standard_normal((count, network.WIDTH), dtype=np.float32)
        self.targets = rng.integers(network.CLASSES, size=count)
        self._probe, self._seed = rng.standard_normal(network.WIDTH), int(rng.integers(1 << 30))
        self._known = self.inputs.astype(np.float64) @ self._probe

    def open(self, process):
        """Build what each worker iterates over."""
        process.call("open_batches", self.inputs, self.targets, self.batch, self._seed)

    def epoch(self, process, replicas):
        """By worker: (indices in the order of delivery, sizes of its batches on each of its `replicas`)."""
        rows = 100 * self.count
        vectors = [Array(dtype, (None,), rows=rows) for dtype in ("float64", "int64")]
        returns = [*vectors, Array("int64", (None, replicas), rows=rows)]
        found = process.call("epoch", self._probe, returns=returns)
        return [self._indices(*each) for each in (found if isinstance(found[0], list) else [found])]

    def _indices(self, products, labels, sizes):
        indices = np.abs(self._known[None] - products[:, None]).argmin(axis=1)
        if len(labels) != len(products) or (np.abs(self._known[indices] - products) > 1e-6).any():
            raise Failed("Some of the delivered samples are not in the data set.")
        if (self.targets[indices] != labels).any():
            raise Failed("Samples came with the labels of others.")
        return indices.tolist(), sizes


def each_once(parts, count, batch):
    """Evidence that each of `count` samples came once, in one worker. parts: indices by worker. Raises Failed."""
    seen = np.bincount(np.concatenate(parts).astype(int), minlength=count)
    sizes = " + ".join(str(len(part)) for part in parts)
    if len(parts) > 1 and (seen == len(parts)).all():
        raise Failed(
            f"Every worker read all {count} samples: together they do the same work {len(parts)} times.",
            "Often: auto-sharding is off, or nobody takes a part for its worker.",
        )
    if (seen > 1).any():
        raise Failed(
            f"{int((seen > 1).sum())} of {count} samples came twice or more, {int((seen == 0).sum())} never.",
            "Often: each worker takes its part of an order that it has shuffled by itself, or a wrong part.",
        )
    if not seen.all():
        raise Failed(
            f"{int((seen == 0).sum())} of {count} samples came in no worker ({sizes} delivered).",
            "Often: the last batch is dropped, or there are more parts than workers (input pipelines, not replicas).",
        )
    if np.ptp([len(part) for part in parts]) > len(parts) * batch:  # where global batches are dealt, one may be ahead
        raise Failed(f"The workers read {sizes} of {count} samples; parts may differ by a global batch.")
    return f"{sizes} of {count} samples"


def new_order(orders):
    """Evidence that epochs differ. orders: by epoch, what each worker delivered. Raises Failed."""
    if any(len(part) > 1 and part == sorted(part) for part in orders[0]):
        raise Failed("The samples came in the order of the data set: nobody shuffles.")
    if any(one == other for one, other in itertools.pairwise(orders)):
        raise Failed(
            "Two epochs had the same order.",
            "Often: shuffle(..., reshuffle_each_iteration=False), or cache() after shuffle().",
        )
    return f"{len(orders)} epochs, {len(orders)} orders"


def sizes(found, batch):
    """Raise Failed unless every replica got full batches of `batch` samples. found: (batches, replicas)."""
    if (found == batch).all():
        return
    replicas = found.shape[1]
    largest = int(found.max(initial=0))
    known = {-(-batch // replicas): "Often: batch() got the batch of one replica, where it splits a global one."}
    raise Failed(
        f"{replicas} replicas got up to {largest} samples each per batch; {batch} for each were asked for.",
        known.get(largest, "Often: batch() got the global batch, where it makes that of one replica."),
    )


# --- evaluate, save --------------------------------------------------------------------------------------------------


def accuracy(answers, right, count):
    """Raise Failed unless all workers answer right / count. answers: by worker."""
    exact = right / count
    if any(not isinstance(a, float) or abs(a - answers[0]) > 1e-6 for a in answers):
        raise Failed(
            f"The workers answer {', '.join(f'{a:.4f}' for a in answers)}; each is asked for that of all samples.",
            "Often: each worker answers for its own part.",
        )
    if not abs(answers[0] - exact) < 1e-6:
        raise Failed(
            f"The answer is {answers[0]:.4f}; {right} of {count} samples are right, {exact:.4f}.",
            "Often: a mean over batches or parts of different sizes, or the part of one replica only.",
        )


def one_writer(opened, seen):
    """Raise Failed unless one worker wrote, and all waited. opened: files opened; seen: the file's size; by worker."""
    writers = sum(n > 0 for n in opened)
    if writers != 1:
        raise Failed(
            f"{writers} of {len(opened)} workers opened a file in the folder of the weights; expected one.",
            "Several writers of one path leave a broken file now and then." if writers > 1 else "",
        )
    if -1 in seen:
        raise Failed(
            f"Worker {seen.index(-1)} went on before the file was there.",
            "What it does next may be to load it, or to end the job. All workers have to wait for the writer.",
        )


def same_file(found, size, seen, expected):
    """Evidence that the file holds the model's weights, and was whole when the workers went on. Raises Failed."""
    if min(seen) < size[0]:
        raise Failed(f"A worker went on when the file had {min(seen)} of its {size[0]} bytes.")
    if not np.abs(found - expected).max() <= 1e-6:
        raise Failed("The file holds other weights than the model's.")
    return f"1 of {len(seen)} workers wrote {size[0]:,} bytes; one process loads them"
