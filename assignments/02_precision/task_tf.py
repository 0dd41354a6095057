"""Assignment 02: train in the precision that the GPU is good at, TensorFlow. Edit between the TODO marks.

Every function works as shipped: in float64, slowly, and reading the wrong gauge. The lesson is README.md; check
yourself at any time:  pytest assignments/02/test_tf.py
"""

from typing import NamedTuple

import keras
import tensorflow as tf

CLASSES = 10
MAX_NORM = 1.0
"""The gradients of all weights together are clipped to this norm in every step."""


class Precision(NamedTuple):
    """How to train on one kind of GPU."""

    policy: str
    """Keras policy of the layers: "mixed_bfloat16", "mixed_float16" or "float32"."""
    scale: bool
    """Whether the loss has to be scaled."""
    tf32: bool
    """Whether to let the float32 products that are left use TF32."""


def choose(name, capability):
    """The precision for a GPU: "device_name" and "compute_capability" of tf.config.experimental.get_device_details().

    bfloat16 where the hardware multiplies it as fast as float16, because it needs no loss scaling; else float16.
    """
    # TODO(1): choose by what the hardware has
    # ROCm reports capability (9, 0) for AMD's GPUs, as an H100 does: their names begin with "AMD". Those of
    # the lesson's table have bfloat16, and no TF32. (On the MI100 bfloat16 runs at half the rate; there both count.)
    return Precision("float32", scale=False, tf32=False)
    # END TODO(1)


def build(width, hidden, policy):
    """A perceptron with two hidden layers, from `width` numbers per sample to one logit per class."""
    # TODO(2): let the layers follow the policy, and the logits be float32
    # A layer takes its policy as `dtype`. A mixed policy multiplies in 16 bits and keeps the weights in float32; as
    # shipped it is ignored. Mind what comes out: the loss has the format of the logits.
    dtype = "float32" if policy.startswith("mixed") else policy
    return keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu", dtype=dtype),
        keras.layers.Dense(hidden, activation="relu", dtype=dtype),
        keras.layers.Dense(CLASSES, dtype=dtype),
    ])
    # END TODO(2)


def forward(model, inputs, targets):
    """One forward pass: (logits, loss). The loss is the mean over the batch, in the format of the logits."""
    logits = model(inputs, training=True)
    return logits, tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))


def make_step(model, rate, scale):
    """A function step(inputs, targets) that trains `model` on one batch by plain SGD and answers the batch's loss.

    `scale`: the loss scale to begin with, 0 where none is needed. tf.function runs the step as a graph: its Python
    is run once, when it is traced.
    """
    # TODO(3): scale the loss
    # model.fit() does it for you under "mixed_float16"; a loop of your own does not. Wrap the optimizer, and find out
    # from its source what its apply() does: unscale? before or after clipping? skip a step that overflows?
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    # END TODO(3)
    return step


def train(prepare, policy, batches):
    """Train on a list of batches, (inputs, targets) as NumPy arrays; returns the losses of the steps.

    `prepare(policy)` makes the network and its step, with your build() and make_step(), and answers the step.
    """
    losses = []
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    # The arrays are float64, as NumPy makes them. A network to match works, and halves the speed of a CPU; an A40
    # has 1/64 of its float32 rate left. And a GPU that has to tell its loss after every step cannot be sent the
    # next one meanwhile: keep the tensor.
    keras.config.set_floatx("float64")
    step = prepare(keras.config.floatx())
    for inputs, targets in batches:
        loss = step(tf.constant(inputs), tf.constant(targets))
        losses.append(float(loss))
    # END TODO(4)
    return losses


def set_tf32(wanted):
    """Let float32 matrix products use TF32 from now on, or not."""
    # TODO(5): the switch for TF32
    # As shipped nothing happens, and TensorFlow's default is to use TF32 where there is any.
    # END TODO(5)


def padded(size):
    """The next multiple of 8 that is not below `size`: a vocabulary of 50257 becomes 50264."""
    # TODO(6): shapes that fill the units
    return size
    # END TODO(6)


def share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util):
    """The part of a GPU's peak rate that a training reaches, 0 to 1; None where the GPU has no such unit.

    `peaks`: TFLOP/s of a row of the lesson's table, None where there is no unit: {"float64": 9.7, "float32": 19.5,
    "tfloat32": 156, "float16": 312, "bfloat16": 312}. `arithmetic`: one of these five. `parameters`: of a dense
    network, each used once per sample. `gpu_util`: percent, as nvtop shows.
    """
    # TODO(7): what part of the peak is that
    # A training step costs 6 operations per parameter and sample: 2 forward, 4 backward.
    return gpu_util / 100
    # END TODO(7)
