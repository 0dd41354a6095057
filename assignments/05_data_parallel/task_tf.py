"""Assignment 05: train on several GPUs with tf.distribute. Edit between the TODO marks; the lesson is README.md.

Every function works as shipped, with one replica: one process on one device. Check yourself at any time:

    pytest assignments/05/test_tf.py
"""

import json
import os

import keras
import tensorflow as tf


def mirror(devices):
    """The strategy for one process with several devices, given by name: a replica of the model on each of them."""
    # TODO(1): one replica per device
    # As shipped, one device does all the work. On a GPU node the names are those of
    # tf.config.list_logical_devices("GPU"); here you are given them.
    return tf.distribute.OneDeviceStrategy(devices[0])
    # END TODO(1)


def join(addresses, rank):
    """The strategy for several processes (workers), one per "host:port" in `addresses`. This one is number `rank`.

    Called once in every process, before TensorFlow has done anything else in it.
    """
    # TODO(2): one process per address
    # The strategy for this reads who works together, and which of them it is, from the variable TF_CONFIG: JSON, with
    # "cluster" and "task". As shipped each process works alone.
    return tf.distribute.get_strategy()
    # END TODO(2)


def make(strategy, build, rate):
    """(model, optimizer) for `strategy`: the model of `build()`, plain SGD. `rate` suits the batch of one replica.

    All replicas start from the same weights. The learning rate grows with the global batch: linear scaling.
    """
    # TODO(3): one model on all replicas
    # Variables belong to the strategy in whose scope they are made. An optimizer has some too: it counts its steps.
    model = build()
    optimizer = keras.optimizers.SGD(rate)
    # END TODO(3)
    return model, optimizer


def losses(model, inputs, targets):
    """The loss of each sample, without any mean over the batch."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, model(inputs, training=True))


def make_step(strategy, model, optimizer):
    """A function step(inputs, targets) that trains on one global batch and answers its mean loss over all samples.

    Both arguments hold a part for each replica. Parts need not be equal, in the last batch of an epoch: some may even
    be empty. Each sample counts as much as any other. (losses() above is the loss per sample.)
    """

    # TODO(4): one step on all replicas
    # What is run on every replica, with its own part, is a function given to strategy.run(). The optimizer adds the
    # gradients of all replicas: so what has the loss of a replica to be divided by?
    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(losses(model, inputs, targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    # END TODO(4)
    return step


def make_batches(strategy, inputs, targets, batch, seed):
    """What a training loop iterates over, once per epoch: (inputs, targets), with a part for each replica.

    `inputs` and `targets` are arrays, the same in all workers; `batch` is the number of samples for one replica.
    In an epoch each sample comes once, on one replica; none is dropped. Each epoch has another order.
    """
    # TODO(5): a part of the data for each worker
    # Every worker runs this function. Which samples does which of them get? `seed` is the same in all workers, but
    # tf.data mixes it with the seed of tf.random.set_seed(), and that one is not.
    data = tf.data.Dataset.from_tensor_slices((inputs, targets))
    return data.shuffle(len(inputs), seed=seed, reshuffle_each_iteration=False).batch(batch)
    # END TODO(5)


def accuracy(strategy, model, batches):
    """The part of all samples in `batches` that the model gets right, 0 to 1: the same answer in every worker.

    Each of the batches is (inputs, targets) with a part for each replica; parts may be of any size, and empty.
    """
    # TODO(6): every sample counts once
    means = []
    for inputs, targets in batches:
        mine, labels = (strategy.experimental_local_results(part)[0] for part in (inputs, targets))
        right = tf.argmax(model(mine), axis=-1) == labels
        means.append(float(tf.reduce_mean(tf.cast(right, tf.float32))))
    return sum(means) / len(means)
    # END TODO(6)


def save(strategy, model, path):
    """Write the weights to `path` (it ends in .weights.h5), once; no worker returns before they are there."""
    # TODO(7): one writer
    # A strategy over several workers knows its place: strategy.cluster_resolver, which is None for one process.
    model.save_weights(path)
    # END TODO(7)
