"""Written for one GPU: whatever policy is asked for, the layers get mixed_bfloat16.

Caught by: products
"""
    # TODO(2): let the layers follow the policy, and the logits be float32
    return keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu", dtype="mixed_bfloat16"),
        keras.layers.Dense(hidden, activation="relu", dtype="mixed_bfloat16"),
        keras.layers.Dense(CLASSES, dtype="float32"),
    ])
    # END TODO(2)
