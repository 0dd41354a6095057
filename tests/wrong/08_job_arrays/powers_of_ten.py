"""Whole exponents: a grid of five learning rates, not a search.

Caught by: log_uniform
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": float(10.0 ** rng.integers(-4, 1)),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
