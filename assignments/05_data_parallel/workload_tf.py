"""Given: what the checks call, TensorFlow. It uses your task_tf.py the way a training script would.

`mirror` or `join` makes the strategy, once in a process; everything else runs under it, in several workers at once.
"""

import functools
import os
import re
from pathlib import Path

import keras
import numpy as np
import task_tf
import tensorflow as tf
from network_tf import CLASSES, HIDDEN, WIDTH, cut, initial

_strategy = tf.distribute.get_strategy()
_devices = 1
_batches = None


def _in_plain_words(entry):
    """Errors in a tf.function quote every line that led to them; keep the line in your file, and what it says."""
    known = {
        "PerReplica": "a batch with a part for each replica was used like a tensor, outside of strategy.run()",
        "Could not start gRPC server": "the address of this worker's index is taken, as if two had the same index",
    }

    @functools.wraps(entry)
    def wrapped(*args):
        try:
            return entry(*args)
        except Exception as error:
            said = str(error)
            place = re.findall(r'task_tf\.py", line (\d+)', said)
            told = next((told for sign, told in known.items() if sign in said), "")
            if not place and not told:
                raise
            said = told or [line.strip() for line in said.splitlines() if line.strip()][-1]
            kind = type(error) if type(error).__module__ == "builtins" else RuntimeError
            text = f"line {place[-1]} of task_tf.py: {said}" if place else said
            raise kind(text).with_traceback(error.__traceback__) from None

    return wrapped


# --- TODO(1), TODO(2): strategies ----------------------------------------------------------------------------------


def mirror(count):
    """Split the CPU into devices, and make your strategy over them. Answers the number of replicas."""
    global _strategy, _devices
    _devices = count
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    _strategy = task_tf.mirror([f"CPU:{number}" for number in range(count)])
    return int(_strategy.num_replicas_in_sync)


@_in_plain_words
def join(addresses):
    """Make your strategy over several workers. Answers the number of replicas."""
    global _strategy
    _strategy = task_tf.join(list(addresses), _rank())
    return int(_strategy.num_replicas_in_sync)


def sums(inputs):
    """The sum of each part of a batch, as the replicas of this process computed it."""
    data = _strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensors(inputs).unbatch().batch(len(inputs)))
    (batch,) = data
    parts = _strategy.experimental_local_results(_strategy.run(tf.reduce_sum, args=(batch,)))
    return np.array([float(part) for part in parts])


def gathered(numbers):
    """What this worker knows after all have told their own of `numbers`: the number of each, by the worker's index."""
    own = _strategy.experimental_distribute_values_from_function(lambda _: tf.constant(numbers[[_rank()]]))
    return _strategy.gather(own, axis=0).numpy()


# --- TODO(3), TODO(4): train ---------------------------------------------------------------------------------------


@_in_plain_words
def apply(gradients, options):
    """One step of your optimizer on your model, with gradients[r] on replica r. Answers (where the model's variables
    belong, weights of each replica before the step, after it, steps that the optimizer has counted).
    """
    model, optimizer = _made(options)
    places = np.array([_strategy.extended.variable_created_in_scope(w.value) for w in model.weights], dtype=np.int64)
    before = after = _replicas(model)
    if places.all():

        def step(own):
            optimizer.apply(_like(model.weights, own), model.weights)

        own = _strategy.experimental_distribute_values_from_function(lambda c: tf.constant(gradients[_number(c)]))
        tf.function(lambda own: _strategy.run(step, args=(own,)))(own)
        after = _replicas(model)
    counted = _strategy.experimental_local_results(optimizer.iterations.value)[0]
    return places, before, after, np.array([int(counted.numpy())])


@_in_plain_words
def train(inputs, targets, sizes, options):
    """Train on every global batch once. Answers (weights of each replica of this process, the losses you answered).

    inputs: (steps, samples, width). sizes: (steps, replicas), how many samples of a step each replica gets, in order.
    """
    model, optimizer = _made(options)
    step = task_tf.make_step(_strategy, model, optimizer)
    batches = zip(_parts(inputs, sizes), _parts(targets, sizes), strict=True)
    answers = [step(*batch) for batch in batches]
    told = [float(tf.reduce_sum(_strategy.experimental_local_results(a)[0])) for a in answers]
    return _replicas(model), np.array(told)


# --- TODO(5): data ---------------------------------------------------------------------------------------------------


@_in_plain_words
def open_batches(inputs, targets, batch, seed):
    """Build what this worker iterates over."""
    global _batches
    _batches = task_tf.make_batches(_strategy, inputs, targets, batch, seed)


@_in_plain_words
def epoch(probe):
    """One epoch: (probe . inputs of each sample of this worker, their labels, sizes (batches, replicas))."""
    products, labels, sizes = [np.empty(0)], [np.empty(0, np.int64)], []
    for inputs, targets in _batches:
        parts = [part.numpy() for part in _strategy.experimental_local_results(inputs)]
        if len(parts) != _devices:
            raise TypeError(f"make_batches() made batches of {len(parts)} part; {_devices} replicas need one each")
        products += [part.astype(np.float64) @ probe for part in parts]
        labels += [part.numpy() for part in _strategy.experimental_local_results(targets)]
        sizes.append([len(part) for part in parts])
    return np.concatenate(products), np.concatenate(labels), np.array(sizes, dtype=np.int64)


# --- TODO(6), TODO(7): evaluate, save --------------------------------------------------------------------------------


@_in_plain_words
def accuracy(inputs, targets, sizes, options):
    """Your accuracy of an untrained model, over batches that are given: as in `train`."""
    model, _ = _made(options)
    batches = list(zip(_parts(inputs, sizes), _parts(targets, sizes), strict=True))
    return float(task_tf.accuracy(_strategy, model, batches))


@_in_plain_words
def save(folder, options):
    """Save an untrained model. Answers the size of the file as soon as this worker is done; -1: there is none."""
    model, _ = _made(options)
    path = Path(folder, "model.weights.h5")
    task_tf.save(_strategy, model, str(path))
    return path.stat().st_size if path.is_file() else -1


def load(folder, options):
    """In one process without a strategy: (all weights of the file,), and its size."""
    path = Path(folder, "model.weights.h5")
    model = _model(options)
    model.load_weights(path)
    return np.concatenate([w.ravel() for w in model.get_weights()]), np.array([path.stat().st_size])


# --- parts -------------------------------------------------------------------------------------------------------


def _rank():
    return int(os.environ.get("RANK", "0"))


def _made(options):
    """Your model and optimizer. In every worker the given weights are others, as from a random start."""
    return task_tf.make(_strategy, functools.partial(_model, options), options["rate"])


def _model(options):
    hidden, _, out, _ = (_Given(part) for part in cut(initial(options["seed"], _rank())))
    return keras.Sequential(
        [
            keras.Input((WIDTH,)),
            keras.layers.Dense(HIDDEN, activation="tanh", kernel_initializer=hidden),
            keras.layers.Dense(CLASSES, kernel_initializer=out),
        ]
    )


class _Given(keras.initializers.Initializer):
    """Weights that are known beforehand."""

    def __init__(self, values):
        self.values = values

    def __call__(self, shape, dtype=None):
        return tf.reshape(tf.cast(self.values, dtype), shape)


def _number(context):
    """Number of a replica among those of all workers."""
    return context.replica_id_in_sync_group


def _parts(rows, sizes):
    """For each step what a replica gets of its rows; `rows` (steps, samples, ...) may be filled up at the end."""
    for row, size in zip(rows, sizes, strict=True):
        parts = np.split(row[: size.sum()], np.cumsum(size)[:-1])
        yield _strategy.experimental_distribute_values_from_function(lambda c, p=parts: tf.constant(p[_number(c)]))


def _like(weights, vector):
    """A vector as one tensor for each of the weights."""
    parts = tf.split(vector, [int(np.prod(w.shape)) for w in weights])
    return [tf.reshape(part, w.shape) for part, w in zip(parts, weights, strict=True)]


def _replicas(model):
    """The weights on each replica of this process: (replicas, weights)."""
    copies = [_strategy.experimental_local_results(weight.value) for weight in model.weights]
    return np.stack([np.concatenate([w.numpy().ravel() for w in each]) for each in zip(*copies, strict=True)])
