"""What the checks ask of drawn configurations: the seed decides, the ranges, the logarithm. Reached as `draws`.

Functions that judge return the evidence of a pass and raise Failed.
"""

import math

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

FIELDS = ("learning_rate", "weight_decay", "momentum", "layers", "width", "seed")  # as in workload.py
LEARNING_RATE, WEIGHT_DECAY, MOMENTUM = (1e-4, 1.0), (1e-6, 1e-2), (0.0, 0.95)  # these five as in experiment.py
LAYERS, WIDTHS = (1, 4), (16, 32, 64)
DRAWS = 2000
FALSE_ALARM = 1e-6
"""Probability with which one comparison of right draws is refused; the seeds are new in every run."""
FURTHEST = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * DRAWS))
"""Distance between an empirical distribution of DRAWS and the true one (Kolmogorov and Smirnov's) that is allowed:
2 exp(-2 n d^2) bounds the chance of more for any n and any distribution (Dvoretzky, Kiefer, Wolfowitz; Massart 1990).
"""
MOST_RELATED = 12 * math.sqrt(math.log(2 / FALSE_ALARM) / (8 * DRAWS))
"""The correlation of two independent uniform numbers that is allowed, by Hoeffding's inequality for their products."""


def same_everywhere(first, again, elsewhere):
    """Three answers to the same question: [{field: value}] in order, asked again, and in a new process."""
    for what in (first, again, elsewhere):
        if not all(isinstance(config, dict) and set(FIELDS) == set(config) for config in what):
            raise Failed(f"A configuration must have exactly these: {', '.join(FIELDS)}.")
    if first != again:
        raise Failed(
            "The same index gave another configuration when it was asked for again.",
            "Often: a generator without a seed, a seed from the clock, or one generator that goes on for all indices.",
        )
    if first != elsewhere:
        raise Failed(
            "In another process, an index has another configuration.",
            "Often: a seed from the process, the host, the job's number, or hash() of a text, which Python salts.",
        )
    return f"{len(first)} configurations, equal in two processes"


def distinct(rows):
    """Are all configurations different? `rows`: {seed of a search: draws}."""
    configs = {seed: [tuple(row) for row in draws.tolist()] for seed, draws in rows.items()}
    for seed, found in configs.items():
        if (repeated := len(found) - len(set(found))) > 0:
            raise Failed(
                f"In the search {seed}, {repeated} of {len(found)} configurations came before.",
                "Often: one seed for all indices, or a seed that is made of both in a way that forgets one.",
            )
    for seed, found in configs.items():
        for other in (s for s in configs if s > seed):
            if common := len(set(found) & set(configs[other])):
                raise Failed(
                    f"The searches {seed} and {other} have {common} of {len(found)} configurations in common.",
                    "Often: seed + index. A second search then mostly repeats the first.",
                )
    return f"{len(configs)} searches of {len(found)} configurations: all different"


def place(values, low, high, *, log=False):
    """Where values are between two bounds: 0 to 1 if they are inside."""
    if log:
        with np.errstate(invalid="ignore", divide="ignore"):
            values, low, high = np.log(values), math.log(low), math.log(high)
    return (values - low) / (high - low)


def distance(places):
    """Kolmogorov and Smirnov's distance of numbers from the uniform distribution between 0 and 1."""
    ordered, n = np.sort(places), len(places)
    return float(max(np.max(np.arange(1, n + 1) / n - ordered), np.max(ordered - np.arange(n) / n)))


def log_uniform(draws):
    """Are learning rate and weight decay log-uniform?"""
    seen = []
    for column, bounds in ((0, LEARNING_RATE), (1, WEIGHT_DECAY)):
        places, name = place(draws[:, column], *bounds, log=True), FIELDS[column].replace("_", " ")
        _inside(places, name, bounds)
        if (off := distance(places)) > FURTHEST:
            middle = math.sqrt(bounds[0] * bounds[1])
            raise Failed(
                f"{np.mean(draws[:, column] < middle):.0%} of {len(draws)} draws of the {name} are below {middle:.0e}; "
                f"log-uniform is half. (Distance {off:.2f}, allowed {FURTHEST:.2f}.)",
                "Often: uniform, where nine of ten values have the largest exponent."
                if distance(place(draws[:, column], *bounds)) <= FURTHEST
                else "Often: only a few values, exponents that are whole numbers, or a normal distribution.",
            )
        if (different := len(set(draws[:, column]))) < 0.9 * len(draws):
            raise Failed(
                f"{len(draws)} draws of the {name} have {different} different values.",
                "Often: rounded. The smallest values are then few, and every training is to try a new one.",
            )
        seen.append(f"{name} {off:.3f}")
    return f"distance from log-uniform, allowed {FURTHEST:.3f}: {', '.join(seen)}"


def plain(types):
    """Are all values plain numbers? `types`: {field: its type}, of those that are not."""
    for field, found in types.items():
        raise Failed(
            f'The value of "{field}" is of the type {str(found)[:60]}; a plain int or float is asked.',
            "json.dumps refuses the whole numbers of NumPy: int(...) makes them plain.",
        )


def ranges(draws):
    """Do the other values cover their range, independently of each other?"""
    momentum = place(draws[:, 2], *MOMENTUM)
    _inside(momentum, "momentum", MOMENTUM)
    if (off := distance(momentum)) > FURTHEST:
        raise Failed(f"The momentum is not uniform: distance {off:.2f}, allowed {FURTHEST:.2f}.")
    for column, values in ((3, range(LAYERS[0], LAYERS[1] + 1)), (4, WIDTHS)):
        _shares(draws[:, column], list(values), FIELDS[column])
    seeds = draws[:, 5]
    if (seeds != np.floor(seeds)).any() or seeds.min() < 0 or seeds.max() >= 2**31:
        raise Failed("The training's seed must be a whole number from 0 to 2**31 - 1.")
    if len(set(seeds)) < 0.9 * len(seeds):
        raise Failed(
            f"{len(draws)} configurations have {len(set(seeds))} seeds for their training.",
            "One seed for all: the search would choose what happens to suit it.",
        )
    return _unrelated(draws)


def _inside(places, name, bounds):
    if not ((places >= -1e-9) & (places <= 1 + 1e-9)).all():  # nan is outside, too
        raise Failed(f"Some values of the {name} are not between {bounds[0]:g} and {bounds[1]:g}.")


def _shares(values, expected, name):
    """Is each of the expected values as frequent as the others?"""
    if strange := sorted(set(values) - set(expected)):
        raise Failed(f"{name} {strange[0]:g} is none of {expected}.")
    shares = [float(np.mean(values == value)) for value in expected]
    if 0 in shares:
        never = expected[shares.index(0)]
        raise Failed(
            f"{name} {never} never comes in {len(values)} draws.",
            "rng.integers(low, high) leaves out `high`." if never == expected[-1] else "",
        )
    off = np.abs(np.cumsum(shares) - np.arange(1, len(expected) + 1) / len(expected)).max()
    if off > FURTHEST:
        raise Failed(f"{name}: {', '.join(f'{v}: {s:.0%}' for v, s in zip(expected, shares, strict=True))}.")


def _unrelated(draws):
    columns = [place(draws[:, 0], *LEARNING_RATE, log=True), place(draws[:, 1], *WEIGHT_DECAY, log=True)]
    columns += [place(draws[:, i], draws[:, i].min(), draws[:, i].max()) for i in (2, 3, 4, 5)]
    related = np.abs(np.corrcoef(columns))
    one, other = np.unravel_index(np.argmax(related - np.eye(len(columns))), related.shape)
    if related[one, other] > MOST_RELATED:
        raise Failed(
            f"{FIELDS[one]} and {FIELDS[other]} go together: their correlation is {related[one, other]:.2f}.",
            "Often: the generator is made anew for each of them, or one draw is used twice.",
        )
    return "momentum, layers, width and seed cover their range, independently"


def draw(worker, seed, count=DRAWS):
    """Configurations of a hand-in's search as an array, a column for each of FIELDS."""
    return worker.call("draws", seed, count, returns=[Array("float64", (count, len(FIELDS)))])[0]
