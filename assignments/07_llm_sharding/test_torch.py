"""The checks of assignment 07, PyTorch. All public: read here, in judging.py, holding.py and choices.py.

Each rank is a process of its own on the CPU, started as torchrun would. Checkpoints are made from a seed, by a trusted
process, in a folder that the ranks can read.
"""

import numpy as np

from grader.checks import check
from grader.worker.client import Array

# --- TODO(1), TODO(2): size it -----------------------------------------------------------------------------------


@check("the size of the weights, for any configuration", points=0.5, rests_on="witnessed", todo=1)
def test_weights_size(submission, baseline, choices):
    rng, worker, trusted = np.random.default_rng(), submission.worker(threads=1), baseline.worker(threads=1)
    for _ in range(8):
        options, *rest = choices.random_sizes(rng)
        found, _ = worker.call("sizes", options, *rest)
        choices.right_weights(found, trusted.call("count", options), options, rest[-1])
    return "8 configurations, counted on the model itself"


@check("the size of the KV cache, for any configuration", points=1, rests_on="witnessed", todo=2)
def test_cache_size(submission, choices):
    rng, worker = np.random.default_rng(), submission.worker(threads=1)
    for _ in range(20):
        case = choices.random_sizes(rng)
        choices.right_cache(worker.call("sizes", *case)[1], *case)
    return "20 configurations"


# --- TODO(3), TODO(4): tensor parallelism --------------------------------------------------------------------------


@check("each rank holds its slice of every large matrix", points=1, rests_on="witnessed", todo=3)
def test_divided(checkpoint, ranks_of, holding):
    made, seen = checkpoint(), ""
    for count in (2, 4):
        group = ranks_of(count, made)
        seen = holding.divided(holding.parts(group, made), made, group.call("planned")[0])
        group.close()
    return seen


@check(
    "several ranks answer the logits of one process",
    points=1,
    rests_on="witnessed",
    todo=3,
    after=[test_divided],
)
def test_logits(checkpoint, ranks_of, judge):
    worst = 0.0
    for count in (2, 4):
        made = checkpoint()
        group, ids = ranks_of(count, made), made.ids(3, 17)
        before = np.array(group.sent_bytes())
        answers = [found for (found,) in group.call("logits", ids, returns=made.like(ids))]
        sent = float((np.array(group.sent_bytes()) - before).max())
        talked = sent / judge.tensor_parallel_bytes(made.options, ids.size, count)
        worst = max(worst, judge.same_logits(answers, made.logits(ids), count, talked))
        group.close()
    return f"2 and 4 ranks: logits within {worst:.0e} of the largest"


@check(
    "one all-reduce per attention and one per MLP",
    points=1,
    rests_on="witnessed",
    todo=3,
    after=[test_logits],
)
def test_all_reduces(checkpoint, ranks_of, judge):
    ranks, layers, sent, names = 2, (1, 3), [], []
    for count in layers:
        made = checkpoint(num_hidden_layers=count)
        group, ids = ranks_of(ranks, made), made.ids(4, 128)
        group.call("logits", ids, returns=made.like(ids))  # buffers of the first time
        before = np.array(group.sent_bytes())
        group.call("logits", ids, returns=made.like(ids))
        sent.append(float((np.array(group.sent_bytes()) - before).max()))
        names.append(group.call("collectives", ids)[0])
        hidden = made.options["hidden_size"]
        group.close()
    ring = 2 * (ranks - 1) / ranks * 4 * hidden * ids.size  # Patarasuk and Yuan 2009; float32
    return judge.two_per_layer(judge.talk(sent, layers, ring), judge.calls_per_layer(names, layers))


@check("your plan fits a 70B model, simulated", points=1, rests_on="self-reported", todo=3, after=[test_logits])
def test_seventy_billion(submission, choices):
    for ranks, tokens in ((2, 0), (4, 0), (8, 16)):  # a forward pass at one number of ranks: it takes seconds
        found = submission.worker(threads=1).call("scale", choices.LLAMA_3_70B, ranks, ranks - 1, tokens, within=60)
        choices.at_scale(found, ranks)
    return choices.table((2, 4, 8), 32768)


@check(
    "loading takes no more memory than the part that is kept",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_divided],
)
def test_light_loading(checkpoint, ranks_of, judge):
    ranks, small = 4, checkpoint()
    made = checkpoint(
        shard="16MB", hidden_size=1024, intermediate_size=2816, head_dim=64, vocab_size=4096, dtype="bfloat16"
    )
    group = ranks_of(ranks, small)  # what is imported and made once is there
    before, sent = group.reset_peak(), np.array(group.sent_bytes())
    group.call("open_model", made.folder)
    peaks = [peak - start for peak, start in zip(group.peak_bytes(), before, strict=True)]
    return judge.light(peaks, (np.array(group.sent_bytes()) - sent).tolist(), 2 * made.numbers, ranks)


@check("each rank asks the files for its own part", points=0.5, rests_on="self-reported", todo=4, after=[test_divided])
def test_own_part(checkpoint, ranks_of, holding):
    made = checkpoint()
    return holding.own_part(ranks_of(4).call("read_bytes", made.folder), made, 4)


# --- TODO(5): generate ---------------------------------------------------------------------------------------------


@check(
    "generation answers the tokens of one process, and computes each once",
    points=1,
    rests_on="witnessed",
    todo=5,
    after=[test_logits],
)
def test_generated(checkpoint, ranks_of, judge):
    ranks, prompts, tokens, new = 2, 4, 12, 24
    made = checkpoint()
    ids, expected = made.prompts(prompts, tokens, new)
    group, returns = ranks_of(ranks, made), [Array("int64", (None, new), rows=prompts)]
    before = np.array(group.sent_bytes())
    answers = [found for (found,) in group.call("generate", ids, new, returns=returns)]
    sent = float((np.array(group.sent_bytes()) - before).max())
    judge.same_tokens(answers, expected)
    once, again = (judge.generation_bytes(made.options, prompts, n, new, ranks) for n in judge.lengths(tokens, new))
    return judge.one_token_a_step(sent, once, again)


# --- TODO(6), TODO(7): pipelines and replicas ------------------------------------------------------------------------


@check("layers and requests are divided evenly and in order", points=0.5, rests_on="witnessed", todo=6)
def test_shares(submission, choices):
    rng = np.random.default_rng()
    cases = [[80, 8], [80, 6], [7, 4], [3, 4], *rng.integers([1, 1], [100, 12], size=(20, 2)).tolist()]
    return choices.right_shares(cases, submission.worker(threads=1).call("shares", cases))


@check(
    "a pipeline of stages answers the logits of one process",
    points=0.5,
    rests_on="witnessed",
    todo=7,
    after=[test_shares],
)
def test_pipeline(checkpoint, ranks_of, judge):
    made = checkpoint(num_hidden_layers=5)
    group, ids = ranks_of(3), made.ids(4, 128)
    group.call("open_stage", made.folder)
    before = np.array(group.sent_bytes())
    answers = [found for (found,) in group.call("run_stage", ids, returns=made.like(ids, or_fewer=True), within=15)]
    sent = (np.array(group.sent_bytes()) - before).tolist()
    once = 4 * made.options["hidden_size"] * ids.size
    seen = judge.pipeline(answers, sent, made.logits(ids), once)
    tensor_parallel = judge.tensor_parallel_bytes(made.options, ids.size, 3) / once
    return f"{seen}; with tensor parallelism {tensor_parallel:.0f} times that"


# --- TODO(8): rates, and what is measured ----------------------------------------------------------------------------


@check("tokens per second count decoding only", points=0.5, rests_on="witnessed", todo=8)
def test_rate(submission, choices):
    rng, worker = np.random.default_rng(), submission.worker(threads=1)
    for _ in range(10):
        run = choices.random_run(rng)
        choices.right_rate(worker.call("decode_rate", *run), run)
    return "10 runs"


@check("two ranks generate faster than one", points=0.5, rests_on="witnessed", todo=5, after=[test_generated])
def test_two_ranks(two_cores, race_ranks, checkpoint, judge):
    made = checkpoint(
        shard="40MB",
        num_hidden_layers=1,
        hidden_size=2048,
        intermediate_size=5632,
        num_attention_heads=16,
        head_dim=128,
    )
    return race_ranks(2, made, lambda: judge.Prompts(made.ids(64, 2), 3))
