"""The global policy is set after the layers were made: a layer takes the one that holds when it is made.

Caught by: products
"""
    # TODO(2): let the layers follow the policy, and the logits be float32
    model = keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu"),
        keras.layers.Dense(hidden, activation="relu"),
        keras.layers.Dense(CLASSES, dtype="float32"),
    ])
    keras.config.set_dtype_policy(policy)
    return model
    # END TODO(2)
