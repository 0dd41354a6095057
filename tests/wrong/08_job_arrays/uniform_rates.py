"""Uniform rates: nine of ten learning rates are above 0.1.

Caught by: log_uniform
"""
    # TODO(2): spread the draws over the space as experiment.py says
    return {
        "learning_rate": rng.uniform(*LEARNING_RATE),
        "weight_decay": rng.uniform(*WEIGHT_DECAY),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
