"""How numbers are judged that a hand-in computes: sizes, the table of a model that fits nowhere, shares, rates.

Reached as `choices`. Functions that judge return the evidence of a pass, or nothing, and raise Failed.
"""

import numpy as np

from grader import gpus
from grader.verdict import Failed

GB = 1e9
LLAMA_3_70B = {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "dtype": "bfloat16",
}

# --- sizes -----------------------------------------------------------------------------------------------------------


def random_sizes(rng):
    """(options of a Llama, prompts, tokens, bytes per element): everything differs, the heads are grouped."""
    kv = int(rng.choice([1, 2, 4, 8]))
    options = {
        "hidden_size": 64 * int(rng.integers(4, 40)),
        "intermediate_size": 16 * int(rng.integers(20, 300)),
        "num_hidden_layers": int(rng.integers(2, 12)),
        "num_attention_heads": kv * int(rng.choice([2, 4, 8])),
        "num_key_value_heads": kv,
        "head_dim": int(rng.choice([32, 64, 96, 128])),
        "vocab_size": int(rng.integers(1000, 9000)),
        "tie_word_embeddings": bool(rng.integers(2)),
    }
    return options, int(rng.integers(1, 65)), int(rng.integers(100, 9000)), int(rng.choice([1, 2, 4]))


def cache_size(options, prompts, tokens, bytes_per_element):
    """Bytes of keys and values: 2 x layers x KV heads x numbers of a head, for each token."""
    per_token = 2 * options["num_hidden_layers"] * options["num_key_value_heads"] * options["head_dim"]
    return per_token * prompts * tokens * bytes_per_element


def right_weights(found, count, options, bytes_per_element):
    """Raise Failed unless `found` is the size of `count` weights."""
    expected = count * bytes_per_element
    if found == expected:
        return
    o, off = options, (found - expected) / bytes_per_element
    width, layers = o["hidden_size"], o["num_hidden_layers"]
    heads, kv = o["num_attention_heads"], o["num_key_value_heads"]
    slips = {
        "The output layer is missing.": -width * o["vocab_size"],
        "An output layer was counted that is the embedding once more.": width * o["vocab_size"],
        "k and v have the KV heads only, not all.": 2 * layers * width * o["head_dim"] * (heads - kv),
        "A head has head_dim numbers, which need not be hidden_size / heads.": 2
        * layers
        * width
        * (heads + kv)
        * (width // heads - o["head_dim"]),
        "One of the MLP's three matrices is missing.": -layers * width * o["intermediate_size"],
        "The norms are missing.": -(2 * layers + 1) * width,
        "The last norm is missing.": -width,
    }
    causes = [cause for cause, size in slips.items() if size == off]
    raise Failed(
        f"{_told(options)}: you answer {found:,.0f} bytes; its weights take {expected:,}.",
        causes[0] if causes else "",
    )


def right_cache(found, options, prompts, tokens, bytes_per_element):
    """Raise Failed unless `found` is the size of the cache."""
    expected = cache_size(options, prompts, tokens, bytes_per_element)
    if found == expected:
        return
    ratio = found / expected
    slips = {
        "Keys and values are kept: twice as much.": 0.5,
        "k and v have the KV heads only; the queries' heads share them.": options["num_attention_heads"]
        / options["num_key_value_heads"],
        "Every layer has a cache of its own.": 1 / options["num_hidden_layers"],
        "Every prompt has a cache of its own.": 1 / prompts,
        "That is in elements; bytes are asked.": 1 / bytes_per_element,
    }
    likely = [cause for cause, slip in slips.items() if abs(ratio / slip - 1) < 1e-6 and slip != 1]
    raise Failed(
        f"{_told(options)}, {prompts} prompts of {tokens:,} tokens, {bytes_per_element} bytes each:\n"
        f"you answer {found:,.0f} bytes, {ratio:.3g} times what the cache takes ({expected:,}).",
        likely[0] if likely else "",
    )


def _told(options):
    o = options
    tied = ", tied" if o["tie_word_embeddings"] else ""
    return (
        f"{o['num_hidden_layers']} layers, hidden {o['hidden_size']}, {o['num_attention_heads']} heads of "
        f"{o['head_dim']}, {o['num_key_value_heads']} KV heads{tied}"
    )


# --- a model that does not fit here ----------------------------------------------------------------------------------


def per_rank(options, ranks):
    """Bytes of one rank: (weights in 16 bits, cache per token), each matrix and each KV head on one rank."""
    o = options
    head = o["hidden_size"] // o["num_attention_heads"]
    attention = 2 * o["hidden_size"] * head * (o["num_attention_heads"] + o["num_key_value_heads"])
    layer = attention + 3 * o["hidden_size"] * o["intermediate_size"]
    matrices = o["num_hidden_layers"] * layer + 2 * o["vocab_size"] * o["hidden_size"]
    norms = (2 * o["num_hidden_layers"] + 1) * o["hidden_size"]
    cache = 2 * o["num_hidden_layers"] * o["num_key_value_heads"] * head
    return 2 * (matrices / ranks + norms), 2 * cache / ranks


def at_scale(found, ranks):
    """Raise Failed unless a rank of a simulated 70B has its part of weights and cache; 1 % either way."""
    weights, cache = per_rank(LLAMA_3_70B, ranks)
    if abs(found["weights"] / weights - 1) > 0.01:
        raise Failed(
            f"70B on {ranks} ranks: {found['weights'] / GB:.1f} GB of weights per rank; by hand {weights / GB:.1f} GB.",
            "Often: names with the numbers of a small model's layers; * stands for any number.",
        )
    if "cache" in found and abs(found["cache"] / cache - 1) > 0.01:
        raise Failed(
            f"70B on {ranks} ranks: {found['cache'] / 1e3:.1f} kB of cache per token and rank; by hand "
            f"{cache / 1e3:.1f} kB.",
            "The cache is divided where k and v are.",
        )


def table(counts, tokens):
    """Lines: ranks, GB of weights and of a cache for so many tokens, the smallest GPU with room for both."""
    lines = [f"TP  weights   cache of {tokens:,} tokens   smallest GPU with room, per rank"]
    for ranks in counts:
        weights, cache = per_rank(LLAMA_3_70B, ranks)
        known = sorted((g.memory_gb, g.name) for g in gpus.table() if g.memory_gb)
        room = [f"{name}" for memory, name in known if 0.9 * memory * GB > weights + cache * tokens]
        told = f"{room[0]}, {len(room) - 1} larger" if room else "none"
        lines.append(f"{ranks:2}  {weights / GB:4.1f} GB   {cache * tokens / GB:4.1f} GB {'':17} {told}")
    unknown = sum(not g.memory_gb for g in gpus.table())
    return "\n".join([*lines, f"({unknown} GPUs of the table have an unknown memory; 10 % are left free)"])


# --- shares ----------------------------------------------------------------------------------------------------------


def right_shares(cases, found):
    """Evidence that things are divided in order, completely and evenly. Raises Failed."""
    for (count, ranks), mine in zip(cases, found, strict=True):
        every, sizes = [i for part in mine for i in part], [len(part) for part in mine]
        told = f"{count} over {ranks} ranks as {' + '.join(map(str, sizes))}"
        if strange := set(every) - set(range(count)):
            raise Failed(
                f"{told}: number {min(strange)} is handed out, and there are only 0 to {count - 1}.",
                "Often: the last part is as long as the others, though fewer are left." * (min(strange) >= count),
            )
        if ranks > 1 and all(size == count for size in sizes):
            raise Failed(f"{told}: every rank has all of them.")
        if missing := set(range(count)) - set(every):
            raise Failed(
                f"{told}: {len(missing)} of them are on no rank (number {min(missing)} is the first).",
                "The remainder of the division is lost." * (len(missing) == count % ranks),
            )
        if len(every) > len(set(every)):
            raise Failed(f"{told}: some are on two ranks.")
        if every != sorted(every):
            raise Failed(
                f"{told}: the parts are not in a row.",
                "A pipeline's stages are layers that follow each other: each result would travel once per layer.",
            )
        if max(sizes) - min(sizes) > 1:
            cause = "Often: the whole remainder goes to one rank, or the sizes are rounded up."
            raise Failed(f"{told}: shares may differ by one.", cause)
    return f"{len(cases)} cases"


# --- rates -----------------------------------------------------------------------------------------------------------


def random_run(rng):
    """Arguments of decode_rate()."""
    steps = np.cumsum(rng.uniform([0, 5, 0.1, 2], [100, 90, 3, 20]))
    stamps = dict(zip(("start", "loaded", "first", "last"), map(float, steps), strict=True))
    bandwidth = float(rng.choice([320e9, 696e9, 1555e9, 4000e9]))
    return stamps, int(rng.integers(1, 65)), int(rng.integers(20, 300)), float(rng.uniform(2e9, 70e9)), bandwidth


def right_rate(found, run):
    """Raise Failed unless `found` is (tokens per second, share of what is possible) of a run."""
    stamps, prompts, new, rank_bytes, bandwidth = run
    seconds = stamps["last"] - stamps["first"]
    rate = prompts * (new - 1) / seconds
    part = (new - 1) / seconds * rank_bytes / bandwidth
    if abs(found[0] / rate - 1) > 1e-6:
        slips = {
            "The time of loading is in it: that happens once, however many tokens follow.": prompts
            * np.array([new, new - 1])
            / (stamps["last"] - stamps["start"]),
            "The time of reading the prompts is in it, which is no decoding.": prompts
            * np.array([new, new - 1])
            / (stamps["last"] - stamps["loaded"]),
            "The first token was there when decoding began.": prompts * new / seconds,
            "That is steps; each makes a token for every prompt.": np.array([new, new - 1]) / seconds,
        }
        cause = [c for c, slip in slips.items() if (np.abs(found[0] / slip - 1) < 1e-6).any()]
        raise Failed(
            f"{prompts} prompts x {new} new tokens, {seconds:.1f} s from the first to the last: you answer "
            f"{found[0]:.4g} tokens/s, expected {rate:.4g}.",
            cause[0] if cause else "",
        )
    if abs(found[1] / part - 1) > 1e-6:
        likely = abs(found[1] / (part * prompts) - 1) < 1e-6
        raise Failed(
            f"{rank_bytes / GB:.1f} GB read per step at {bandwidth / GB:.0f} GB/s: you answer {found[1]:.4g} of that; "
            f"expected {part:.4g}.",
            "A step reads the weights once for all prompts together." * likely,
        )


