"""One random number for learning rate and weight decay: only the diagonal is searched.

Caught by: ranges
"""
    # TODO(2): spread the draws over the space as experiment.py says
    place = rng.random()
    return {
        "learning_rate": 10 ** (4 * place - 4),
        "weight_decay": 10 ** (4 * place - 6),
        "momentum": rng.uniform(*MOMENTUM),
        "layers": int(rng.integers(LAYERS[0], LAYERS[1] + 1)),
        "width": int(rng.choice(WIDTHS)),
        "seed": int(rng.integers(2**31)),
    }
    # END TODO(2)
