"""The checks of assignment 06, PyTorch. All public: what is asked is read here, in judging.py and in choices.py.

Each rank is a process, started as torchrun would, on CPUs with gloo: memory and traffic are seen from outside.
"""

import numpy as np

from grader.checks import check
from grader.verdict import Failed
from grader.worker.client import Array

# --- TODO(4): data ---------------------------------------------------------------------------------------------------


@check("ranks share the rows of a batch", points=0.5, rests_on="witnessed", todo=4)
def test_rows(joined, judge):
    told = []
    for ranks in (2, 3):
        batch = judge.Problem(rows=24, steps=1).batches[0]
        returns = [Array("int64", (None, batch.shape[1]), rows=4 * len(batch))]
        parts = [rows for (rows,) in joined(ranks).call("part", batch, returns=returns)]
        told.append(judge.rows_taken(batch, parts))
    return f"{' and '.join(told)} of 24 rows"


# --- TODO(2), TODO(3): shard, build ----------------------------------------------------------------------------------


@check("each rank keeps its part of the weights", points=0.5, rests_on="witnessed", todo=2)
def test_own_share(joined, judge):
    told = []
    for ranks in (2, 4):
        problem, group = judge.Problem(), joined(ranks)
        told.append(judge.own_share(problem, problem.build(group).kept(group, any_size=True)))
    return told[-1]


@check("the parts are those of one model", points=0.5, rests_on="witnessed", todo=3, after=[test_own_share])
def test_first_weights(joined, alone, judge):
    told = []
    for ranks in (2, 4):
        problem, group = judge.Problem(), joined(ranks)
        expected = judge.split(problem.alone(alone)(), problem.layout(alone), ranks)
        told.append(judge.first_weights(problem.build(group).kept(group), expected))
    return f"{' and '.join(told)}, equal to the whole model's rows"


@check(
    "one block at a time is whole, on the mesh given",
    points=1,
    rests_on="self-reported",
    todo=2,
    after=[test_own_share],
)
def test_one_block(joined, judge):
    problem, group = judge.Problem(), joined(2)
    seen = problem.build(group).call_look(group)
    if seen["elsewhere"]:
        raise Failed(
            f"{seen['elsewhere']} parameters are cut over another mesh than the one that shard() was given.",
            "Given none, fully_shard takes all ranks of the job. The mesh is an argument of every call.",
        )
    return judge.one_block_at_a_time(problem, seen)


@check(
    "AdamW keeps its two moments in parts",
    points=0.5,
    rests_on="witnessed",
    todo=3,
    after=[test_first_weights, test_rows],
)
def test_optimizer_share(joined, alone, judge):
    problem, group = judge.Problem(steps=1), joined(2)
    problem.build(group).train(group)
    kept, shapes = problem.alone(alone, steps=slice(None)), problem.layout(alone)
    expected = [judge.split(kept(moment), shapes, 2) for moment in judge.MOMENTS]
    found = (problem.kept(group, moment, any_size=True) for moment in judge.MOMENTS)
    return judge.optimizer_share(problem, *found, expected)


@check(
    "several ranks train as one process does on the whole batch",
    points=1,
    rests_on="witnessed",
    todo=3,
    after=[test_first_weights, test_rows],
)
def test_equal_to_one(joined, alone, judge):
    worst = 0.0
    for ranks in (2, 4):
        problem, group = judge.Problem(), joined(ranks)
        shapes = problem.layout(alone)
        begun = problem.build(group).kept(group)
        problem.train(group)
        expected = [judge.split(problem.alone(alone, steps=slice(n))(), shapes, ranks) for n in (0, None)]
        worst = max(worst, judge.same_end(begun, problem.kept(group), expected, ranks))
    return f"2 and 4 ranks: weights within {worst:.0e} after 3 steps"


@check(
    "no rank ever has the whole model in memory",
    points=1,
    rests_on="witnessed",
    todo=3,
    after=[test_first_weights, test_one_block],
)
def test_never_whole(joined, alone, judge, memory):
    problem, group = judge.Problem(layers=8, hidden=512, ffn=2048, vocabulary=4096, rows=2, steps=1), joined(2)
    whole = [memory.grown(alone, lambda: problem.alone(alone)), memory.grown(alone, lambda: problem.proceed(alone))]
    mine = [memory.grown(group, lambda: problem.build(group)), memory.grown(group, lambda: problem.train(group))]
    return memory.never_whole(["build", "train"], whole, mine)


# --- TODO(1): precision ----------------------------------------------------------------------------------------------


@check("weights and gradients travel in 16 bits", points=0.5, rests_on="witnessed", todo=1, after=[test_own_share])
def test_wire(joined, judge):
    problem, group, sent = judge.Problem(hidden=256, steps=1), joined(2), []
    for mixed in (False, True):
        problem.build(group, mixed=mixed)
        before = sum(group.sent_bytes())
        problem.train(group)
        sent.append(sum(group.sent_bytes()) - before)
    return judge.on_the_wire(*sent)


@check(
    "weights stay float32, and the range does too",
    points=0.5,
    rests_on="witnessed",
    todo=1,
    after=[test_wire, test_optimizer_share],
)
def test_master_weights(joined, alone, judge):
    problem, group, rate = judge.Problem(), joined(2), 1e-6
    begun = problem.build(group, mixed=True, rate=rate).kept(group)
    problem.train(group)
    moved = np.abs(np.concatenate(problem.kept(group)) - np.concatenate(begun))
    dtypes = group.call("dtypes")[0]
    losses = problem.build(group, mixed=True, loud=True).train(group)
    problem.alone(alone, loud=True)
    return judge.master_weights(dtypes, moved, rate, losses, problem.proceed(alone))


# --- TODO(5): activations --------------------------------------------------------------------------------------------


@check(
    "activations of a block are computed again, not kept",
    points=1,
    rests_on="witnessed",
    todo=5,
    after=[test_first_weights],
)
def test_recompute(joined, judge, memory):
    problem = judge.Problem(layers=10, hidden=128, ffn=512, vocabulary=64, rows=8, tokens=385, steps=1)
    group, grown, ended = joined(2), [], []
    for recompute in (True, False):
        problem.build(group, recompute=recompute)
        grown.append(memory.grown(group, lambda: problem.train(group)))
        ended.append(np.concatenate(problem.kept(group)))
    return memory.recomputed(*grown, judge.difference(*ended))


# --- TODO(6), TODO(7): checkpoints -----------------------------------------------------------------------------------


@check(
    "each rank writes its part of a checkpoint",
    points=0.5,
    rests_on="witnessed",
    todo=6,
    after=[test_optimizer_share],
)
def test_save(joined, judge, folder):
    problem, group, place = judge.Problem(hidden=128, steps=1), joined(2), folder(writable=True)
    problem.build(group).train(group)
    group.call("save", str(place), within=20)
    return judge.parts_written(problem, [path.stat().st_size for path in place.rglob("*") if path.is_file()])


@check(
    "saved with 2 ranks, loaded with 1 and with 4, it goes on",
    points=1,
    rests_on="witnessed",
    todo=7,
    after=[test_save, test_equal_to_one],
)
def test_load(joined, alone, judge, folder):
    problem, place, group = judge.Problem(steps=4), folder(writable=True), joined(2)
    rate = 1e-3  # as after some steps of a schedule: what is built anew has another one
    shapes = problem.layout(alone)
    problem.build(group, rate=rate).train(group, slice(2))
    group.call("save", str(place), within=20)
    saved = {kind: judge.join(problem.kept(group, kind), shapes) for kind in judge.STATE}
    group.close()
    end = problem.alone(alone, steps=slice(None), rate=rate)()
    for ranks in (1, 4):
        with joined(ranks) as other:
            problem.build(other, seed=0)
            other.call("load", str(place), within=20)
            for kind, whole in saved.items():
                found = problem.kept(other, kind, any_size=True)
                judge.same_again(found, judge.split(whole, shapes, ranks), ranks, kind)
            if any(set(each) != {rate} for each in other.call("rates")):
                raise Failed(
                    f"Saved with 2 ranks, loaded with {ranks}: the optimizer has another learning rate than was saved.",
                    "dcp.load fills tensors in place. Numbers are only in the dictionary, until set_state_dict.",
                )
            problem.train(other, slice(2, None))
            judge.goes_on(judge.join(problem.kept(other), shapes), saved["weights"], end, ranks)
    return "weights, both moments, the learning rate, and two more steps"


# --- TODO(8): plan, and look at it at scale --------------------------------------------------------------------------


@check("you plan the memory of a rank", points=1, rests_on="witnessed", todo=8)
def test_plan(submission, memory):
    worker = submission.worker()
    for ranks in (4, 16, 96):
        shape = memory.a_shape()
        memory.planned(shape, ranks, worker.call("plan", shape.sizes, ranks))
    shape = memory.Counted(memory.LLAMA_70B)
    memory.planned(shape, 64, worker.call("plan", shape.sizes, 64))
    return "three random models, and Llama 3 70B on 64 ranks"


@check(
    "shard() cuts Llama 3 70B evenly on 8, 64 and 1024 ranks",
    points=0.5,
    rests_on="self-reported",
    todo=2,
    after=[test_one_block, test_wire],
)
def test_scale(submission, memory):
    shape, rows = memory.Counted(memory.LLAMA_70B), {}
    worker = submission.worker(memory=1 << 30, env={"CUDA_VISIBLE_DEVICES": ""})
    for ranks in (8, 64, 1024):
        few, more = (worker.call("simulate", [layers, *shape.sizes[1:]], ranks) for layers in (2, 4))
        rows[ranks] = memory.extrapolate(few, more, shape.layers)
        memory.at_scale(shape, ranks, rows[ranks], worker.call("weights_at_scale", shape.sizes, ranks))
    return memory.table(rows)
