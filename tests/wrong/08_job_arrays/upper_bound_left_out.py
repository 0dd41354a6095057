"""integers(low, high) leaves out the upper bound: no network has four layers.

Caught by: ranges
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": 10 ** rng.uniform(-4, 0),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(*LAYERS)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
