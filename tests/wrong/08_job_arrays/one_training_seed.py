"""All trainings have the same seed: the search chooses what suits it.

Caught by: ranges
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": 10 ** rng.uniform(-4, 0),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": 42,
    }
    # END TODO(2)
