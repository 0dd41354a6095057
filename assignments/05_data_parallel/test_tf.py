"""The checks of assignment 05, TensorFlow. All public: what is asked is read here and in choices.py.

All run on CPUs: replicas of one process are parts of its CPU, workers are processes that talk over this machine's
loopback. Where a GPU exists it is hidden from them.
"""

import numpy as np
import pytest

from grader.checks import check
from grader.verdict import Failed
from grader.worker.client import Array
from grader.worker.ranks import free_ports

ON_CPU = {"threads": 1, "env": {"CUDA_VISIBLE_DEVICES": ""}}
JOIN_S = 30
"""Seconds for what takes less than one on a quiet machine, unless workers wait for each other."""
TOLD = [Array("float64", (None,), rows=64)]


@pytest.fixture
def judge_tf(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def network(given):
    """The network that is trained, in NumPy."""
    return given("network_tf")


@pytest.fixture
def problem_of(judge_tf, network):
    """Make a problem with such parts."""
    return lambda sizes: judge_tf.Problem(network, sizes)


@pytest.fixture
def samples_of(judge_tf, network):
    """Make so many samples, for batches of such a size."""
    return lambda count, batch: judge_tf.Samples(network, count, batch)


@pytest.fixture
def applied(mirrored, judge_tf, network):
    """(the learning rate that was used, the one given) after one step of the hand-in's model and optimizer."""

    def run(count):
        rng = np.random.default_rng()
        options = {"seed": int(rng.integers(1 << 30)), "rate": float(rng.uniform(0.1, 0.2))}
        gradients = rng.standard_normal((count, network.WEIGHTS), dtype=np.float32)
        copies = judge_tf.copies(network)
        returns = [Array("int64", (len(network.SHAPES),)), copies, copies, Array("int64", (1,))]
        found = mirrored(count).call("apply", gradients, options, returns=returns)
        return judge_tf.one_model(found, network.initial(options["seed"]), gradients), options["rate"]

    return run


@pytest.fixture
def mirrored(submission):
    """Start a process whose strategy spans some devices."""

    def start(count):
        worker = submission.worker(**ON_CPU)
        worker.call("mirror", count)
        return worker

    return start


@pytest.fixture
def joined(submission):
    """Start some workers that have joined, each with one device."""

    def start(count, **settings):
        group = submission.ranks(count, **ON_CPU, **settings)
        group.call("join", free_addresses(count), within=JOIN_S)
        return group

    return start


def free_addresses(count):
    """So many free addresses of this machine, one for each worker."""
    return [f"127.0.0.1:{port}" for port in free_ports(count)]


# --- TODO(1), TODO(2): strategies ----------------------------------------------------------------------------------


@check("every device works on its part of a batch", points=0.5, rests_on="witnessed", todo=1)
def test_parts(mirrored):
    for count in (2, 3):
        inputs = np.random.default_rng().standard_normal(4 * count)
        (found,) = mirrored(count).call("sums", inputs, returns=TOLD)
        judge_parts(found, inputs, count)
    return "2 devices, 3 devices"


def judge_parts(found, inputs, count):
    """Raise Failed unless `found` holds the sums of equal parts of a batch, one for each replica."""
    if len(found) == 1 < count and abs(found[0] - inputs.sum()) < 1e-9:
        raise Failed(
            f"{count} devices were given, and one of them worked on the whole batch.",
            "Often: a strategy for one device, or the list of devices is not used.",
        )
    expected = inputs.reshape(count, -1).sum(axis=1)
    if len(found) != count or np.abs(np.sort(found) - np.sort(expected)).max() > 1e-9:
        raise Failed(f"{count} devices were given; {len(found)} replicas worked, not each on its part of the batch.")


@check("the workers find each other, each with its rank", points=1, rests_on="witnessed", todo=2)
def test_joined(joined):
    for count in (2, 3):
        numbers = np.random.default_rng().standard_normal(count)
        answers = joined(count).call("gathered", numbers, returns=TOLD)
        judge_together([answer for (answer,) in answers], numbers)
    return "2 workers, 3 workers"


def judge_together(answers, numbers):
    """Raise Failed unless every worker heard the number of each, in the order of their ranks. answers: by rank."""
    count = len(numbers)
    if alone := sum(len(answer) == 1 for answer in answers):
        raise Failed(
            f"{alone} of {count} workers heard nobody but themselves: each would train a model of its own.",
            "A strategy over several workers is told by TF_CONFIG who the others are.",
        )
    for rank, answer in enumerate(answers):
        if len(answer) != count or not np.allclose(np.sort(answer), np.sort(numbers)):
            raise Failed(f"{count} workers told a number each; worker {rank} heard {len(answer)}, or others.")
        if not np.allclose(answer, numbers):
            raise Failed("The workers found each other, but their indices are not their ranks.")


# --- TODO(3): model and optimizer ----------------------------------------------------------------------------------


@check("model and optimizer span all replicas", points=1, rests_on="witnessed", todo=3, after=[test_parts])
def test_one_model(applied):
    for count in (2, 3):
        applied(count)
    return "2 and 3 replicas step by the sum of their gradients"


@check("the learning rate suits the global batch", points=0.5, rests_on="witnessed", todo=3, after=[test_one_model])
def test_rate(applied, judge_tf):
    for count in (2, 4):
        judge_tf.good_rate(*applied(count), count)
    return "2 times with 2 replicas, 4 times with 4"


# --- TODO(4): the step -----------------------------------------------------------------------------------------------


@check(
    "several devices train as one does on the whole batch",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_rate],
)
def test_equal_to_one(mirrored, judge_tf, problem_of):
    worst = 0.0
    for count in (2, 3):
        problem = problem_of([[8] * count] * 4)
        weights, _ = problem.train(mirrored(count))
        worst = max(worst, judge_tf.same_end(weights, problem))
    return f"2 and 3 replicas: weights within {worst:.0e} after 4 steps"


@check("a step answers the mean loss", points=0.5, rests_on="witnessed", todo=4, after=[test_equal_to_one])
def test_mean_loss(mirrored, judge_tf, problem_of):
    problem = problem_of([[8] * 2] * 3)
    _, told = problem.train(mirrored(2))
    return judge_tf.same_losses(told, problem.expected()[2])


@check(
    "each sample of an uneven batch weighs the same",
    points=1,
    rests_on="witnessed",
    todo=4,
    after=[test_equal_to_one],
)
def test_uneven(mirrored, judge_tf, problem_of):
    worst = 0.0
    for sizes in ([[8, 8], [8, 3]], [[5, 4, 0]] * 2, [[1, 0]] * 4):
        problem = problem_of(sizes)
        weights, _ = problem.train(mirrored(problem.replicas))
        worst = max(worst, judge_tf.same_end(weights, problem))
    return f"8 + 3, 5 + 4 + 0, 1 + 0 samples: weights within {worst:.0e}"


@check(
    "several workers train as one does on the whole batch",
    points=0.5,
    rests_on="witnessed",
    todo=4,
    after=[test_joined, test_equal_to_one],
)
def test_workers_equal(joined, judge_tf, problem_of):
    problem = problem_of([[8, 8]] * 4)
    weights = [each for each, _ in problem.train(joined(2))]
    far = judge_tf.same_end(np.concatenate(weights), problem, "workers")
    return f"2 workers, 2 seeds: weights within {far:.0e} after 4 steps"


# --- TODO(5): data ---------------------------------------------------------------------------------------------------


@check("every replica gets batches of the size asked for", points=0.5, rests_on="witnessed", todo=5, after=[test_parts])
def test_sizes(mirrored, judge_tf, samples_of):
    for replicas in (2, 3):
        samples = samples_of(10 * replicas * 2, 10)
        worker = mirrored(replicas)
        samples.open(worker)
        ((indices, sizes),) = samples.epoch(worker, replicas)
        judge_tf.each_once([indices], samples.count, samples.batch)
        judge_tf.sizes(sizes, samples.batch)
    return "2 and 3 replicas"


@check(
    "all workers together see each sample once",
    points=1,
    rests_on="witnessed",
    todo=5,
    after=[test_joined, test_sizes],
)
def test_each_once(joined, judge_tf, samples_of):
    samples, group = samples_of(99, 8), joined(2)
    samples.open(group)
    for _ in range(2):
        parts = [indices for indices, _ in samples.epoch(group, 1)]
        told = judge_tf.each_once(parts, samples.count, samples.batch)
    return f"{told}, in each of 2 epochs"


@check("each epoch has a new order", points=0.5, rests_on="witnessed", todo=5, after=[test_sizes])
def test_new_order(mirrored, judge_tf, samples_of):
    samples, worker = samples_of(96, 8), mirrored(2)
    samples.open(worker)
    orders = []
    for _ in range(3):
        orders.append([indices for indices, _ in samples.epoch(worker, 2)])
        judge_tf.each_once(orders[-1], samples.count, samples.batch)
    return judge_tf.new_order(orders)


# --- TODO(6), TODO(7): evaluate, save --------------------------------------------------------------------------------


@check("accuracy counts every sample once", points=1, rests_on="witnessed", todo=6, after=[test_one_model, test_joined])
def test_accuracy(mirrored, joined, judge_tf, problem_of):
    told = []
    for sizes, start in (([[16, 16]] * 2 + [[9, 0]], joined), ([[8, 8, 8], [8, 5, 0]], mirrored)):
        problem = problem_of(sizes)
        right, all_ = problem.labelled()
        process = start(problem.replicas)
        given = problem.inputs, problem.targets, problem.sizes, problem.options
        answers = process.call("accuracy", *given, within=JOIN_S)
        judge_tf.accuracy(answers if isinstance(answers, list) else [answers], right, all_)
        told.append(f"{right} of {all_}")
    return f"{told[0]} in 2 workers, {told[1]} on 3 devices"


@check(
    "one worker writes, and all wait for it",
    points=1,
    rests_on="witnessed",
    todo=7,
    after=[test_one_model, test_joined],
)
def test_one_writer(held_opens, joined, baseline, folder, judge_tf, network, seed):
    place, options = folder(writable=True), {"seed": seed, "rate": 0.1}
    group = joined(3, watch=place, hold_s=0.2)  # a slow filesystem: who does not wait is seen
    sizes = group.call("save", str(place), options, within=JOIN_S)
    opened = [seen.opens for seen in group.opens()]
    group.close()
    judge_tf.one_writer(opened, sizes)
    returns = [Array("float32", (network.WEIGHTS,)), Array("int64", (1,))]
    found, size = baseline.worker(**ON_CPU).call("load", str(place), options, returns=returns)
    return judge_tf.same_file(found, size, sizes, network.initial(seed))
