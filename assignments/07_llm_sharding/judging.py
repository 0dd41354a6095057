"""What the checks judge with: fresh models and prompts, and what is likely where an answer differs. Reached as `judge`.

Functions that judge return the evidence of a pass and raise Failed.
"""

import math

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

ON_CPU = {"env": {"CUDA_VISIBLE_DEVICES": ""}}
"""Ranks that talk through sockets, where their traffic can be counted, and compute as the reference does."""
SAME = 1e-4
"""Logits agree to this, relative to the largest; sums in another order make about 5e-7."""
CLEAR = 1e-3
"""A token counts only where its logit beats the next one by this much: no order of summing changes it."""


def llama(**changes):
    """Options of a small Llama with grouped-query heads, all of whose sizes can be divided by 4."""
    rng = np.random.default_rng()
    heads = int(rng.choice([8, 16]))
    own = {
        "hidden_size": 256,
        "intermediate_size": 16 * int(rng.integers(36, 52)),
        "num_hidden_layers": 4,
        "num_attention_heads": heads,
        "num_key_value_heads": 4,
        "head_dim": int(rng.choice([24, 32, 40])) if heads == 8 else 16,
        "vocab_size": 8 * int(rng.integers(56, 72)),
        "initializer_range": 0.08,
        "rope_theta": float(rng.choice([1e4, 5e5])),
        "max_position_embeddings": 512,
        "dtype": "float32",
        "bos_token_id": None,
        "eos_token_id": None,
    }
    return own | changes


class Checkpoint:
    """A checkpoint in a folder, made by a trusted worker that then answers what the whole model would."""

    def __init__(self, worker, options, shard):
        self.options = options
        self._worker = worker
        self.folder = worker.call("write", options, int(np.random.default_rng().integers(1 << 30)), shard)
        self.shapes = dict(worker.call("open_reference", self.folder))
        self.numbers = sum(math.prod(shape) for shape in self.shapes.values())

    def values(self):
        """{name: weight} as float32."""
        (flat,) = self._worker.call("values", returns=[self.vector()])
        return self.cut(flat, self.shapes.items())

    @staticmethod
    def cut(flat, shapes):
        """A vector as the arrays that it holds one after the other: {name: array}."""
        found, start = {}, 0
        for name, shape in shapes:
            size = math.prod(shape)
            found[name] = flat[start : start + size].reshape(shape)
            start += size
        return found

    def vector(self):
        """An answer with at most as many numbers as the model has weights."""
        return Array("float32", (None,), rows=self.numbers)

    def ids(self, prompts, tokens):
        """Random prompts."""
        return np.random.default_rng().integers(self.options["vocab_size"], size=(prompts, tokens))

    def logits(self, ids):
        """What the whole model answers."""
        return self._worker.call("logits", ids, returns=self.like(ids))[0]

    def like(self, ids, *, or_fewer=False):
        """The form of logits of `ids`; stages of a pipeline answer no rows (`or_fewer`) where they have none."""
        rows = None if or_fewer else len(ids)
        return [Array("float32", (rows, ids.shape[1], self.options["vocab_size"]), rows=len(ids))]

    def prompts(self, count, tokens, new_tokens):
        """Prompts whose greedy tokens no rounding can change: (ids, expected tokens)."""
        for _ in range(20):
            ids = self.ids(8 * count, tokens)
            returns = [Array("int64", (len(ids), new_tokens)), Array("float32", (len(ids), new_tokens))]
            expected, ahead = self._worker.call("reference_tokens", ids, new_tokens, returns=returns)
            clear = np.flatnonzero(ahead.min(axis=1) > CLEAR)[:count]
            if len(clear) == count:
                return ids[clear], expected[clear]
        raise AssertionError("no clear prompts were found")

    def count(self, options):
        """Weights of any configuration, counted on a model."""
        return self._worker.call("count", options)


# --- what it answers -------------------------------------------------------------------------------------------------


def same_logits(answers, expected, ranks, talked):
    """How far the logits of all ranks are from the whole model's, relative to the largest. Raises Failed.

    `talked`: bytes that a rank sent meanwhile, over those of the all-reduces that are due.
    """
    apart = max(float(np.abs(a - answers[0]).max()) for a in answers)
    scale = float(np.abs(expected).max())
    far = max(float(np.abs(a - expected).max()) for a in answers) / scale
    if far <= SAME:  # also says no to nan
        return far
    if apart > SAME * scale:
        raise Failed(
            f"The {ranks} ranks answer different logits; they have to agree, and with the whole model.",
            "Often: partial sums that were not added up over the ranks, or other tokens on each rank.",
        )
    raise Failed(
        f"{ranks} ranks: the logits are off by {far:.2g} of the largest one; sums in another order make 5e-7.",
        f"The ranks sent {talked:.0%} of what two all-reduces per layer take: partial sums were not added up."
        if talked < 0.7
        else "They sent enough; often k and v are divided otherwise than q, or the parts are in another order.",
    )


def talk(sent, layers, per_reduce):
    """All-reduces per layer, by bytes on the wire. `sent`: most bytes of a rank, for each number of layers."""
    return (sent[1] - sent[0]) / (layers[1] - layers[0]) / per_reduce


def two_per_layer(by_bytes, by_name):
    """Evidence that a layer has two all-reduces and nothing else. `by_name`: {collective: calls per layer}."""
    seen = ", ".join(f"{count:g} {name}" for name, count in by_name.items()) or "no collective"
    if 1.8 < by_bytes < 2.2 and by_name == {"all_reduce": 2}:
        return f"{by_bytes:.2f} all-reduces per layer on the wire; the process says {seen}"
    if by_bytes < 1.8:
        cause = "One is due after attention and one after the MLP."
    else:
        cause = "Often: what one matrix cuts the next does not take as it is, so it is gathered in between."
    raise Failed(
        f"A layer sent {by_bytes:.2f} times what one all-reduce of the hidden vectors takes; expected 2.\n"
        f"The process says: {seen} per layer.",
        cause,
    )


def calls_per_layer(names, layers):
    """{collective: calls per layer} from what passes with two numbers of layers say."""
    few, many = ({name: entry["count"] for name, entry in seen.items()} for seen in names)
    more = {name: (many[name] - few.get(name, 0)) / (layers[1] - layers[0]) for name in many}
    return {name: count for name, count in more.items() if count}


def generation_bytes(options, prompts, tokens, new_tokens, ranks):
    """Bytes that a rank sends when `tokens` tokens of each prompt go through the model, for so many new ones."""
    logits = (ranks - 1) / ranks * 4 * options["vocab_size"] * prompts * new_tokens
    return tensor_parallel_bytes(options, prompts * tokens, ranks) + logits


def lengths(tokens, new_tokens):
    """Tokens of a prompt that go through the model: with a cache, and with every step from the beginning."""
    return tokens + new_tokens - 1, sum(range(tokens, tokens + new_tokens))


def same_tokens(answers, expected):
    """Raise Failed unless every rank answers the expected tokens."""
    for rank, found in enumerate(answers):
        if found.shape != expected.shape:
            fewer = len(found) < len(expected)
            raise Failed(
                f"Rank {rank} answered {len(found)} x {found.shape[1]} tokens; {len(expected)} x {expected.shape[1]} "
                "are asked of every rank.",
                "The ranks of one tensor-parallel group get the same prompts; only replicas divide them." * fewer,
            )
        if (found != expected).any():
            first = int(np.argmax((found != expected).any(axis=0)))
            raise Failed(
                f"Rank {rank}: {int((found != expected).any(axis=1).sum())} of {len(expected)} answers differ from one "
                f"process's, from new token {first + 1} on.",
                "Often: after the first step the model gets a token without its cache, or not the newest one,\n"
                "or the whole text was given again beside the cache."
                if first
                else "",
            )


def one_token_a_step(sent, least, again):
    """Evidence that generation sent what each token once takes. Bytes; `again`: with every step from the beginning."""
    times = sent / least
    if times > 1.5:
        raise Failed(
            f"Generation sent {times:.1f} times the bytes that computing each token once takes "
            f"({_size(sent)}, {_size(least)}).",
            "Every step runs over the whole text again: the cache is not used." if sent > 0.8 * again else "",
        )
    if times < 0.9:
        raise Failed(f"Generation sent {times:.2f} of the bytes that computing each token once takes.")
    return f"{times:.2f} times the bytes of computing each token once; {again / least:.1f} without a cache"


def _size(count):
    return f"{count / 2**20:.1f} MiB" if count > 1 << 20 else f"{count / 1024:.0f} KiB"


# --- loading ---------------------------------------------------------------------------------------------------------


def light(peaks, sent, size, ranks):
    """Evidence that no rank held much more than its part while loading, and none was sent. Bytes. Raises Failed."""
    allowed = (1 / ranks + 0.15) * size
    if max(peaks) > allowed + SPARE:
        raise Failed(
            f"While loading, rank {peaks.index(max(peaks))} owned {_size(max(peaks))} more than before; the checkpoint "
            f"has {_size(size)}.\nAllowed on {ranks} ranks: 1/{ranks} of it and 15 %, {_size(allowed)}.",
            "Often: a whole model or checkpoint in memory before it is divided, or weights in a larger format.",
        )
    if max(sent) > 0.05 * size:
        raise Failed(
            f"While loading, rank {sent.index(max(sent))} sent {_size(max(sent))} to the others; the checkpoint has "
            f"{_size(size)}.",
            "One rank reads the whole and hands out parts. All can read: each takes its own slice of the files.",
        )
    return f"at most {_size(max(peaks))} of {_size(size)} on a rank, {_size(max(sent))} sent"


SPARE = 8 << 20
"""Bytes that Python's own memory may grow by meanwhile."""


# --- pipelines and replicas ------------------------------------------------------------------------------------------


def pipeline(answers, sent, expected, once):
    """Evidence of a pipeline: the last rank has the logits, each other has sent its vectors on, once. Raises Failed.

    `sent` bytes by rank, `once` bytes of the vectors between two layers.
    """
    *others, last = answers
    if last.shape != expected.shape:
        raise Failed(f"The last rank answered logits of {len(last)} prompts; expected {len(expected)}.")
    far = float(np.abs(last - expected).max() / np.abs(expected).max())
    if not far <= SAME:
        raise Failed(f"The last rank's logits are off by {far:.2g} of the largest one.", _pipe(sent, once))
    for rank, count in enumerate(sent):
        wanted = once * (rank < len(others))
        if abs(count - wanted) > 0.2 * once:
            raise Failed(
                f"Rank {rank} sent {_size(count)}; expected {_size(wanted)}: all vectors, once, to the next rank.",
                "Nothing but the last rank needs the logits." if rank == len(others) else "",
            )
    return f"{len(sent)} stages, {_size(once)} sent from each to the next"


def _pipe(sent, once):
    if max(sent) < 0.5 * once:
        return "No rank has sent anything on: every stage begins with what the one before it made."
    return "Often: a stage's own layers are left out, or run on what has not arrived yet."


def tensor_parallel_bytes(options, tokens, ranks):
    """Bytes that a rank sends for so many tokens: two all-reduces a layer and the embedding's."""
    reduce = 2 * (ranks - 1) / ranks * 4 * options["hidden_size"] * tokens
    return (2 * options["num_hidden_layers"] + 1) * reduce


# --- measured --------------------------------------------------------------------------------------------------------


class Prompts:
    """Fresh prompts for a timed generation."""

    def __init__(self, ids, new_tokens):
        self.ids, self.new_tokens = ids, new_tokens

    def timed(self, group, function):
        """(tokens of each rank, seconds)."""
        shape = (len(self.ids), self.new_tokens)
        returns = [Array("int64", shape)]
        if function == "reference_tokens":
            returns.append(Array("float32", shape))
        return group.timed(function, self.ids, self.new_tokens, returns=returns, within=60)

    def operations(self, checkpoint):
        """Floating-point operations at least: 2 for each weight but the embedding's, and token that goes in."""
        weights = checkpoint.numbers - checkpoint.options["vocab_size"] * checkpoint.options["hidden_size"]
        return 2 * weights * len(self.ids) * (self.ids.shape[1] + self.new_tokens - 1)


def same_timed(mine, base):
    """Raise Failed unless all ranks have the tokens of the single process, up to the first that was a close call."""
    ((expected, ahead),) = base
    sure = np.cumsum(ahead <= CLEAR, axis=1) == 0
    for rank, (found,) in enumerate(mine):
        if (found != expected)[sure].any():
            raise Failed(f"Rank {rank} generated other tokens in a timed call than the single process.")
