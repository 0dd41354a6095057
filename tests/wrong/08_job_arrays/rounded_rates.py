"""Learning rates with four decimals: in the lowest of the four decades only ten are left.

Caught by: log_uniform
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": round(10 ** rng.uniform(-4, 0), 4),
        "weight_decay": 10 ** rng.uniform(-6, -2),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
