"""A plain 16-bit policy instead of the mixed one: the weights have 16 bits, and small steps are lost.

Caught by: format
"""
    # TODO(2): let the layers follow the policy, and the logits be float32
    pure = policy.removeprefix("mixed_")
    return keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu", dtype=pure),
        keras.layers.Dense(hidden, activation="relu", dtype=pure),
        keras.layers.Dense(CLASSES, dtype="float32"),
    ])
    # END TODO(2)
