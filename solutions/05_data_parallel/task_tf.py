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
    return tf.distribute.MirroredStrategy(devices)
    # END TODO(1)


def join(addresses, rank):
    """The strategy for several processes (workers), one per "host:port" in `addresses`. This one is number `rank`.

    Called once in every process, before TensorFlow has done anything else in it.
    """
    # TODO(2): one process per address
    task = {"type": "worker", "index": rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return tf.distribute.MultiWorkerMirroredStrategy()
    # END TODO(2)


def make(strategy, build, rate):
    """(model, optimizer) for `strategy`: the model of `build()`, plain SGD. `rate` suits the batch of one replica.

    All replicas start from the same weights. The learning rate grows with the global batch: linear scaling.
    """
    # TODO(3): one model on all replicas
    with strategy.scope():
        model = build()
        optimizer = keras.optimizers.SGD(rate * strategy.num_replicas_in_sync)
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
    def on_replica(inputs, targets):
        everywhere = tf.distribute.get_replica_context().all_reduce("sum", tf.shape(targets)[0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(losses(model, inputs, targets)) / tf.cast(everywhere, tf.float32)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def step(inputs, targets):
        return strategy.reduce("SUM", strategy.run(on_replica, args=(inputs, targets)), axis=None)

    # END TODO(4)
    return step


def make_batches(strategy, inputs, targets, batch, seed):
    """What a training loop iterates over, once per epoch: (inputs, targets), with a part for each replica.

    `inputs` and `targets` are arrays, the same in all workers; `batch` is the number of samples for one replica.
    In an epoch each sample comes once, on one replica; none is dropped. Each epoch has another order.
    """
    # TODO(5): a part of the data for each worker
    everything = tf.data.Dataset.from_tensor_slices((inputs, targets))

    def own(context):
        part = everything.shard(context.num_input_pipelines, context.input_pipeline_id)  # before it is shuffled
        return part.shuffle(len(inputs), seed=seed).batch(batch)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)


def accuracy(strategy, model, batches):
    """The part of all samples in `batches` that the model gets right, 0 to 1: the same answer in every worker.

    Each of the batches is (inputs, targets) with a part for each replica; parts may be of any size, and empty.
    """
    # TODO(6): every sample counts once
    counts = []

    def on_replica(inputs, targets):
        right = tf.argmax(model(inputs), axis=-1) == targets
        return tf.reduce_sum(tf.cast(right, tf.int64)), tf.size(right, tf.int64)

    @tf.function
    def count(inputs, targets):
        return [strategy.reduce("SUM", n, axis=None) for n in strategy.run(on_replica, args=(inputs, targets))]

    for inputs, targets in batches:
        counts.append([int(n) for n in count(inputs, targets)])
    right, seen = (sum(numbers) for numbers in zip(*counts, strict=True))
    return right / seen
    # END TODO(6)


def save(strategy, model, path):
    """Write the weights to `path` (it ends in .weights.h5), once; no worker returns before they are there."""
    # TODO(7): one writer
    place = strategy.cluster_resolver
    if place is None or place.task_id == 0:
        model.save_weights(path)
    strategy.reduce("SUM", strategy.run(lambda: tf.constant(1)), axis=None)  # all wait for the slowest: the writer
    # END TODO(7)
