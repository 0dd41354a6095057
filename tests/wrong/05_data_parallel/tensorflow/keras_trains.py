"""Leaves the step to Keras, which cannot take a batch that has parts already.

Caught by: equal_to_one
"""
    # TODO(4): one step on all replicas
    with strategy.scope():
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    step = model.train_on_batch

    # END TODO(4)
