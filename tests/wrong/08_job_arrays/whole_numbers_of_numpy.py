"""The layers are NumPy's whole number, which JSON refuses: no result can be saved.

Caught by: ranges
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": 10 ** rng.uniform(-4, 0),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": rng.integers(LAYERS[0], LAYERS[1] + 1),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
