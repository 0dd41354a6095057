"""What the checks judge with: fresh models, batches, and what is likely where an answer differs. Reached as `judge`."""

import math

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

SAME = 1e-3
"""Weights after a few steps agree to this, relative to how far they moved (about 1e-5 is seen)."""
MOMENTS = ("exp_avg", "exp_avg_sq")
STATE = ("weights", *MOMENTS)
"""What a training goes on from: the weights, and AdamW's mean and mean square of the gradients."""
MB = 1e6


class Problem:
    """A model that nobody has seen, and batches for it. All its sizes are multiples of 8, so that they divide."""

    def __init__(self, *, layers=0, hidden=64, ffn=0, vocabulary=0, rows=8, tokens=17, steps=3):
        rng = np.random.default_rng()
        drawn = int(rng.integers(5, 10)), 8 * int(rng.integers(12, 24)), 8 * int(rng.integers(8, 16))
        layers, ffn, vocabulary = (given or new for given, new in zip((layers, ffn, vocabulary), drawn, strict=True))
        self.sizes = [layers, hidden, ffn, 8, 4, vocabulary]
        self.seed = int(rng.integers(1 << 30))
        self.batches = rng.integers(vocabulary, size=(steps, rows, tokens))
        kv = hidden // 2
        self.block = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * ffn + 2 * hidden
        self.root = 2 * vocabulary * hidden + hidden
        self.parameters = layers * self.block + self.root

    @property
    def _vector(self):
        return [Array("float32", (None,), rows=2 * self.parameters)]

    def build(self, group, **options):
        """Build the model on all ranks."""
        group.call("build", self.sizes, options.pop("seed", self.seed), options)
        return self

    def call_look(self, group):
        """What rank 0 saw in one step."""
        return group.call("look", self.batches[0])[0]

    def train(self, group, steps=slice(None)):
        """Train it; the losses of the whole batches, which are the means over the ranks."""
        batches = self.batches[steps]
        found = group.call("train", batches, returns=[Array("float64", (len(batches),))])
        return np.mean([losses for (losses,) in found], axis=0)

    def kept(self, group, kind="weights", *, any_size=False):
        """What each rank keeps, as one vector per rank. Raises Failed for another size than its part, or `any_size`."""
        returns = self._vector if any_size else [Array("float32", (self.parameters // len(group),))]
        return [vector for (vector,) in group.call("kept", kind, returns=returns)]

    def alone(self, worker, steps=slice(0), **options):
        """The whole model in one process, after some steps: a function that answers a kind as one vector."""
        worker.call("begin", self.sizes, self.seed, options)
        self.proceed(worker, steps)
        return lambda kind="weights": worker.call("kept", kind, returns=self._vector)[0]

    def proceed(self, worker, steps=slice(None)):
        """More steps in one process; the losses."""
        batches = self.batches[steps]
        return worker.call("proceed", batches, returns=[Array("float64", (len(batches),))])[0]

    def layout(self, worker):
        """Shapes of all parameters."""
        return [shape for _, shape in worker.call("layout", self.sizes)]


def split(vector, shapes, ranks):
    """What each rank keeps of a whole model: of every parameter its part of the first dimension."""
    parts, at = [[] for _ in range(ranks)], 0
    for shape in shapes:
        size = math.prod(shape)
        array, share = vector[at : at + size].reshape(shape), -(-shape[0] // ranks)
        for rank, part in enumerate(parts):
            part.append(array[rank * share : (rank + 1) * share].ravel())
        at += size
    return [np.concatenate(part) for part in parts]


def join(parts, shapes):
    """The whole of what ranks keep: the opposite of `split`."""
    ranks, starts, whole = len(parts), [0] * len(parts), []
    for shape in shapes:
        share, row = -(-shape[0] // ranks), math.prod(shape[1:])
        for rank, part in enumerate(parts):
            size = max(0, min(shape[0], (rank + 1) * share) - rank * share) * row
            whole.append(part[starts[rank] : starts[rank] + size])
            starts[rank] += size
    return np.concatenate(whole)


def difference(found, expected):
    """Size of found - expected, relative to that of expected."""
    far = np.linalg.norm(found.astype(np.float64) - expected)
    return float(far / np.linalg.norm(expected.astype(np.float64)))


# --- the parts of the model ------------------------------------------------------------------------------------------


def own_share(problem, found):
    """Evidence that every rank keeps its part of the weights and no more. Raises Failed."""
    ranks = len(found)
    share, rest = problem.parameters // ranks, problem.root * (ranks - 1) // ranks
    size = max(part.size for part in found)
    if all(part.size == share for part in found):
        return f"{share:,} of {problem.parameters:,} on each of {ranks} ranks"
    causes = {
        problem.parameters: "Nothing is cut: DDP keeps the whole model on each rank, as no wrapper at all does.",
        share + rest: "What is in no block is whole on every rank: the root has to be wrapped too.",
    }
    raise Failed(
        f"A rank keeps {size:,} of {problem.parameters:,} parameters ({size / problem.parameters:.1%}); "
        f"with {ranks} ranks 1/{ranks} is expected: {share:,}.",
        causes.get(size, "Often: some modules are not wrapped."),
    )


def first_weights(found, expected):
    """Evidence that the parts are those of the whole model from the same seed. Both: by rank. Raises Failed."""
    for rank, (mine, right) in enumerate(zip(found, expected, strict=True)):
        if np.array_equal(mine, right):
            continue
        ones = right == 1  # the norms; everything else is random
        no_norm = not np.array_equal(mine[ones], right[ones])
        raise Failed(
            f"{len(found)} ranks: rank {rank} begins with numbers of which {(mine != right).mean():.0%} "
            "are not what init_weights(seed) makes of the whole model.",
            "Not even the norms are 1. to_empty() takes memory and writes nothing: init_weights() comes after it."
            if no_norm
            else "Often: another seed on each rank, or PyTorch's own initialisation.",
        )
    return f"{len(found)} ranks"


def optimizer_share(problem, first, second, expected):
    """Evidence that AdamW's two moments are there for the rank's own part. `expected`: both, by rank. Raises Failed."""
    share = problem.parameters // len(first)
    for mine, also, moments in zip(first, second, zip(*expected, strict=True), strict=True):
        if {mine.size, also.size} != {share}:
            raise Failed(
                f"AdamW keeps {mine.size:,} + {also.size:,} numbers on a rank; expected {share:,} of each kind.",
                "Often: some parameters were not given to it."
                if mine.size
                else "Made before the model is cut, an optimizer steps parameters that are no longer the model's.",
            )
        far = max(difference(part, moment) for part, moment in zip((mine, also), moments, strict=True))
        if not far < SAME:
            raise Failed(f"After a step AdamW's moments on a rank are {far:.1%} away from those of one process.")
    return f"2 x {share:,} numbers on each of {len(first)} ranks"


def same_end(begun, ended, expected, ranks):
    """How far the ranks ended from one process, relative to how far that moved. Raises Failed."""
    moves = [(after.astype(np.float64) - before).ravel() for before, after in zip(begun, ended, strict=True)]
    wanted = [(after.astype(np.float64) - before).ravel() for before, after in zip(*expected, strict=True)]
    mine, right = np.concatenate(moves), np.concatenate(wanted)
    if not np.isfinite(mine).all() or not mine.any():
        raise Failed(
            f"After the training the weights are {'inf or nan' if mine.any() else 'unchanged'}.",
            "" if mine.any() else "Often: the optimizer was made before the model was cut, and has other parameters.",
        )
    far = float(np.linalg.norm(mine - right) / np.linalg.norm(right))
    if not far < SAME:
        raise Failed(
            f"{ranks} ranks: after 3 steps the weights are {far:.1%} away from one process on the whole batch.",
            "Often: ranks train on the same rows, a part is not averaged, or the optimizer's settings changed.",
        )
    return far


# --- a step ----------------------------------------------------------------------------------------------------------


def one_block_at_a_time(problem, seen):
    """Evidence that no more than the root and one block are whole at once. Raises Failed."""
    whole, gathers = seen["unsharded"] / 4, seen["collectives"].get("all_gather", {}).get("count", 0)
    layers, share = problem.sizes[0], whole / problem.parameters
    if whole > 1.01 * (problem.block + problem.root):
        causes = {
            0: "Nothing is gathered at all: the model is not cut.",
            1: "One gather for all: only the root is wrapped, so it is one unit.",
            layers + 1: "Blocks are gathered once and stay whole until their backward pass (reshard_after_forward).",
        }
        raise Failed(
            f"{share:.0%} of all parameters were whole at one time; {layers} blocks, {gathers} gathers in a step.\n"
            f"Expected {(problem.block + problem.root) / problem.parameters:.0%}: one block, and what is in no block.",
            causes.get(gathers, "Often: several blocks in one unit."),
        )
    scatters = seen["collectives"].get("reduce_scatter", {}).get("count", 0)
    if not scatters:
        raise Failed("Gradients were not sent to the ranks that keep them: no reduce-scatter in a step.")
    return f"{share:.0%} whole at one time, {gathers} all-gathers, {scatters} reduce-scatters, {layers} blocks"


def rows_taken(batch, parts):
    """Evidence that ranks take equal parts of a batch, each row once. Raises Failed."""
    ranks, order = len(parts), {row.tobytes(): number for number, row in enumerate(batch)}
    taken = [order.get(row.tobytes(), -1) for part in parts for row in part]
    sizes = " + ".join(str(len(part)) for part in parts)
    if -1 in taken:
        raise Failed(f"{ranks} ranks: some of the rows that were taken are not in the batch.")
    if len(set(taken)) < len(taken):
        every = all(len(part) == len(batch) for part in parts)
        raise Failed(
            f"{ranks} ranks took {sizes} rows of {len(batch)}; {len(set(taken))} different ones.",
            "Every rank does all the work." if every else "Ranks work on the same rows: the rank has to decide which.",
        )
    if len(taken) < len(batch) or len({len(part) for part in parts}) > 1:
        raise Failed(f"{ranks} ranks took {sizes} rows of {len(batch)}; equal parts of all of them are asked.")
    return sizes


def on_the_wire(plain, mixed):
    """Evidence that fewer bytes travel. `plain`, `mixed`: bytes that all ranks sent in a step. Raises Failed."""
    share = mixed / plain if plain else 1.0  # where nothing at all is sent, nothing is saved
    if share > 0.6:
        raise Failed(
            f"With precision() a step sends {mixed / MB:.1f} MB, in float32 {plain / MB:.1f} MB: {share:.0%}; "
            "half is expected.",
            "One of two travels in float32 still: what is gathered (param_dtype), or gradients (reduce_dtype)."
            if share < 0.9
            else "Often: an empty policy, or one that shard() does not hand on.",
        )
    return f"{mixed / MB:.1f} MB instead of {plain / MB:.1f} MB per step ({share:.0%})"


def master_weights(dtypes, moved, rate, loss, expected):
    """Evidence that weights are float32 and small steps arrive. Raises Failed. `moved`: by how much, each weight."""
    if dtypes != ["float32"]:
        raise Failed(
            f"The weights that a rank keeps are {' and '.join(dtypes)}; expected float32.",
            "The policy casts what is gathered. model.to(torch.bfloat16) would cast what is kept, too.",
        )
    if not np.isfinite(loss).all() or abs(loss - expected).max() > 0.03 * abs(expected).max():
        mine, right = (", ".join(f"{step:.2f}" for step in losses) for losses in (loss, expected))
        raise Failed(
            f"With activations near 1e6 the losses are {mine}; in float32 {right}.",
            "float16 ends at 65,504, and nothing here scales the loss. bfloat16 has float32's range.",
        )
    share = float(np.mean(moved > 0.3 * rate))
    if share < 0.5:
        raise Failed(f"{share:.0%} of the weights moved by about the learning rate, {rate:g}: small steps are lost.")
    return f"float32 kept; {share:.0%} of the weights made a step of {rate:g}"


# --- checkpoints -----------------------------------------------------------------------------------------------------


def parts_written(problem, sizes):
    """Evidence that two ranks wrote half of the state each. `sizes`: bytes of the files. Raises Failed."""
    total, state = sum(sizes), 12 * problem.parameters
    listed = f"{len(sizes)} file{'s' * (len(sizes) > 1)}, {total / MB:.2f} MB" if sizes else "No file was written"
    if total < 0.95 * state:
        raise Failed(
            f"{listed}; the weights and AdamW's two moments are {state / MB:.2f} MB.",
            "One rank's part of the weights is that large: the others' parts are lost."
            if 0 < total < 0.25 * state
            else "The weights alone are that large: without the two moments, AdamW begins anew."
            if 0 < total < 0.5 * state
            else "",
        )
    if total > 1.3 * state:
        raise Failed(f"{listed}; the whole state is {state / MB:.2f} MB.", "Every rank wrote all of it.")
    if max(sizes) > 0.6 * total:
        raise Failed(
            f"{listed}, of which one file holds {max(sizes) / total:.0%}; 2 ranks write half each.",
            "Gathered on one rank, a model that fits on no GPU fits on none.",
        )
    return listed


def same_again(mine, expected, ranks, what):
    """Raise Failed unless what a group keeps, put together, equals what was saved. Both: by rank."""
    for part, wanted in zip(mine, expected, strict=True):
        if part.size == wanted.size and np.array_equal(part, wanted):
            continue
        missing = f"there are {part.size:,} numbers of {wanted.size:,}"
        off = missing if part.size != wanted.size else f"{(part != wanted).mean():.0%} differ"
        raise Failed(
            f"Saved with 2 ranks, loaded with {ranks}: of {what} on a rank {off}.",
            "Often: a file per rank is read by the rank of the same number, though that keeps another part now."
            if what == "weights"
            else "The optimizer's state has to be saved, loaded and given to the optimizer, too.",
        )


def goes_on(found, begun, expected, ranks):
    """Raise Failed unless two more steps led where a training without interruption ends."""
    far = difference(found - begun, expected - begun)
    if not far < 0.01:
        raise Failed(
            f"Loaded with {ranks} ranks: two more steps end {far:.1%} away from a training that was not interrupted.",
            "Often: AdamW's count of steps is lost, or the optimizer steps something else than the model now.",
        )
