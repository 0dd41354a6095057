"""The checks of assignment 05, PyTorch. All public: what is asked is read here and in judging.py.

Each rank is a process of its own, started as torchrun would. With fewer GPUs than ranks all are on CPUs, with gloo.
"""

from grader import machine
from grader.checks import check
from grader.verdict import Failed

# --- TODO(1), TODO(2): processes -----------------------------------------------------------------------------------


@check("every process knows its rank", points=0.5, rests_on="witnessed", todo=1)
def test_joined(submission):
    for count in (2, 3):
        found = submission.ranks(count).call("join", within=20)
        if [answer[:2] for answer in found] != [[rank, count] for rank in range(count)]:
            said = ", ".join(f"{rank} of {ranks}" for rank, ranks, _ in found)
            raise Failed(
                f"{count} processes said they are rank {said}.",
                "Often: the group was never joined; torchrun's environment variables tell who is who.",
            )
    return f"2 ranks, 3 ranks; device: {found[0][2]}"


@check("random numbers differ between ranks, repeatably", points=0.5, rests_on="witnessed", todo=2, after=[test_joined])
def test_seeds(joined, judge, seed):
    group = joined(3)
    return judge.seeds(*(group.call("draws", base) for base in (seed, seed, seed + 1)))


# --- TODO(3): wrap -------------------------------------------------------------------------------------------------


@check("all ranks start from the same weights", points=0.5, rests_on="witnessed", todo=3, after=[test_joined])
def test_same_start(joined, judge):
    return judge.same_start([before for before, _ in judge.Problem(steps=0).train(joined(3))])


@check(
    "several ranks train as one process does on the whole batch",
    points=1.5,
    rests_on="witnessed",
    todo=3,
    after=[test_same_start],
)
def test_equal_to_one(joined, baseline, judge):
    worst = 0.0
    for count, accumulate in ((2, 3), (4, 1)):
        problem = judge.Problem(steps=4, accumulate=accumulate)
        expected = problem.reference(baseline.worker(threads=1))
        worst = max(worst, judge.same_end(problem.train(joined(count)), expected, count))
    return f"2 and 4 ranks: weights within {worst:.0e} after 4 steps"


@check("no step searches for unused parameters", points=0.5, rests_on="self-reported", todo=3, after=[test_same_start])
def test_no_search(joined):
    if any(joined(2).call("searches_unused")):
        raise Failed(
            "The wrapper goes through the graph in every step, to find parameters that got no gradient.",
            "find_unused_parameters is for models that leave some out. This one uses all.",
        )
    return "every parameter is expected to get a gradient"


# --- TODO(4), TODO(5): the data of a rank ----------------------------------------------------------------------------


@check("all ranks together see each sample once", points=1, rests_on="witnessed", todo=4, after=[test_joined])
def test_each_once(joined, judge):
    samples, group = judge.Samples(99), joined(3)
    samples.open(group)
    return judge.each_once(samples.epoch(group, 0), 99)


@check("each epoch has a new order", points=1, rests_on="witnessed", todo=5, after=[test_each_once])
def test_new_order(joined, judge):
    samples, group, orders = judge.Samples(90), joined(2), []
    samples.open(group)
    for number in range(3):
        orders.append(samples.epoch(group, number))
        judge.each_once(orders[-1], 90)
    return judge.new_order(orders)


# --- TODO(6): accumulate ---------------------------------------------------------------------------------------------


@check("gradients are exchanged once per step", points=1, rests_on="witnessed", todo=6, after=[test_equal_to_one])
def test_one_exchange(joined, baseline, judge):
    accumulate, ranks = 4, 2
    problem = judge.Problem(steps=6, hidden=2048, accumulate=accumulate)
    found, exchanges = problem.exchanges(joined(ranks, **judge.ON_CPU))
    judge.same_end([found], problem.reference(baseline.worker(threads=1)), ranks)
    return judge.one_exchange(exchanges, accumulate)


@check("an error on one rank is not swallowed", points=0.5, rests_on="witnessed", todo=6, after=[test_equal_to_one])
def test_failing_rank(submission, judge):
    # One rank alone: it never gets to the exchange for which others would wait.
    group = submission.ranks(1)
    group.call("join")
    if group.call("failing_step", 0) != [True]:
        raise Failed(
            "The data of a step could not be read, and the step ended as if nothing had happened.",
            "That rank misses an exchange that the others wait for: the job hangs instead of ending.",
        )
    return "the error came through"


# --- TODO(7), TODO(8): evaluate, save --------------------------------------------------------------------------------


@check("accuracy counts every sample once", points=1, rests_on="witnessed", todo=7, after=[test_same_start])
def test_accuracy(joined, baseline, judge):
    worker = baseline.worker(threads=1)
    return ", ".join(judge.accuracy(joined(ranks), worker, samples) for ranks, samples in ((2, 101), (3, 50)))


@check("one rank writes, and all wait for it", points=1, rests_on="witnessed", todo=8, after=[test_same_start])
def test_one_writer(held_opens, joined, baseline, folder, judge, seed):
    place, width = folder(writable=True), 16
    group = joined(3, watch=place, hold_s=0.2)  # a slow filesystem: who does not wait is seen
    there = group.call("save", str(place), width, seed, within=20)
    opened = [seen.opens for seen in group.opens()]
    group.close()
    worker = baseline.worker(threads=1)
    return judge.one_writer(opened, there, worker.call("load", str(place), width), worker.call("made", width, seed))


# --- measured --------------------------------------------------------------------------------------------------------


@check("two ranks are faster than one", points=1, rests_on="witnessed", todo=3, after=[test_equal_to_one])
def test_two_ranks(two_cores, race_ranks, judge):
    return race_ranks(2, judge.for_gpu if len(machine.gpus()) > 1 else judge.for_cpu)
