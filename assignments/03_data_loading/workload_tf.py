"""Given: what the checks call, TensorFlow. It uses your task_tf.py the way a training script would.

The main entry points: `pack` once, then `open_loader` and one `epoch` after the other.
"""

import ctypes
import os
from pathlib import Path

import numpy as np
import tensorflow as tf
from data import CLASSES, INPUT

BATCH = 16
ENDLESS = 2_000
"""Batches after which an epoch is taken for endless; no check has as many samples."""

_loader = None
_iterator = None
_step_s = 0.0


def pack(source, packed):
    """Make the packed form of the folder `source` in the empty folder `packed`."""
    import task_tf

    task_tf.pack(Path(source), Path(packed))


def stage(packed, local):
    """Bring the packed data to node-local storage; answers where it is to be read from now, or None."""
    import task_tf

    folder = task_tf.stage(Path(packed), Path(local))
    return None if folder is None else os.fspath(folder)


def open_loader(folder):
    """Build the loader of a packed folder; `epoch` and `first_batch` use it from now on."""
    global _loader
    import task_tf

    _loader = task_tf.make_loader(Path(folder), BATCH)


def _batches():
    """The batches of one epoch, each checked for its form."""
    for number, (images, labels) in enumerate(_loader):
        if tuple(images.shape[1:]) != (INPUT, INPUT, 3):
            raise ValueError(f"a batch must have shape (n, {INPUT}, {INPUT}, 3); found {tuple(images.shape)}")
        if not labels.dtype.is_integer:
            raise TypeError(f"labels must be whole numbers; found {labels.dtype.name}")
        if number > ENDLESS:
            raise ValueError(f"the epoch has not ended after {ENDLESS:,} batches; is there a repeat() in the pipeline?")
        yield images, labels


def epoch(probe):
    """Read one epoch. Answers, per sample in the order of delivery, probe . pixels and the label.

    The probe is a vector that changes with every call: its products cannot be known without reading the pixels.
    It numbers the pixels with the channels first, as data.decode does.
    """
    probe = tf.constant(_channels_last(probe))
    products, labels = [], []
    for images, targets in _batches():
        products.append(tf.linalg.matvec(tf.reshape(images, (-1, len(probe))), probe))
        labels.append(targets)
        if _step_s:
            ctypes.PyDLL(None).usleep(round(_step_s * 1e6))
    return _answer(products, labels)


def set_step(seconds):
    """Let a step of `epoch` take `seconds` more, during which Python runs nothing else: as metrics or logging do.

    It waits without using a core: a call through PyDLL keeps the interpreter's lock, time.sleep gives it up.
    """
    global _step_s
    _step_s = seconds


def read_through():
    """Use one epoch and keep nothing of it: what the process has grown by afterwards is the reader's."""
    for images, _ in _batches():
        tf.reduce_sum(images)


def first_batch():
    """Begin an epoch, take one batch and stay there."""
    first_batches(1)


def first_batches(count):
    """Begin an epoch, take some batches and stay there: its threads are alive while the grader looks."""
    global _iterator
    _iterator = iter(_loader)
    for _ in range(count):
        next(_iterator)


def opens_per_epoch(samples, epochs):
    """Your count: file opens of some epochs before packing, and after."""
    import task_tf

    before, after = task_tf.opens_per_epoch(samples, epochs)
    return [int(before), int(after)]


def _channels_last(probe):
    return probe.reshape(3, INPUT, INPUT).transpose(1, 2, 0).ravel()


def _answer(products, labels):
    if not products:
        return np.empty(0, np.float32), np.empty(0, np.int64)
    return tf.concat(products, 0).numpy(), tf.cast(tf.concat(labels, 0), tf.int64).numpy()


# --- with a GPU --------------------------------------------------------------------------------------------------


def train_epoch(probe):
    """Train a small network for one epoch on the GPU, fed by the loader; answers as `epoch` does."""
    probe = tf.constant(_channels_last(probe))
    model, optimizer = _network(), tf.keras.optimizers.SGD(1e-3)
    cost = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(reduce_retracing=True)
    def step(images, targets):
        with tf.GradientTape() as tape:
            loss = cost(targets, model(images, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return tf.linalg.matvec(tf.reshape(images, (-1, len(probe))), probe)

    products, labels = [], []
    for images, targets in _batches():
        products.append(step(images, targets))
        labels.append(targets)
    return _answer(products, labels)


def _network():
    layers = tf.keras.layers
    return tf.keras.Sequential([
        layers.Input((INPUT, INPUT, 3)),
        layers.Conv2D(32, 5, strides=2, activation="relu"),
        layers.Conv2D(64, 5, strides=2, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(CLASSES),
    ])
