"""The output layer follows the policy like the others: logits and loss have 16 bits.

Caught by: loss_float32
"""
    # TODO(2): let the layers follow the policy, and the logits be float32
    return keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu", dtype=policy),
        keras.layers.Dense(hidden, activation="relu", dtype=policy),
        keras.layers.Dense(CLASSES, dtype=policy),
    ])
    # END TODO(2)
