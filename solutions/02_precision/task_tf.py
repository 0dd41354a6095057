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
    if name.startswith("AMD"):
        return Precision("mixed_bfloat16", scale=False, tf32=False)
    if tuple(capability) >= (8, 0):
        return Precision("mixed_bfloat16", scale=False, tf32=True)
    return Precision("mixed_float16", scale=True, tf32=False)
    # END TODO(1)


def build(width, hidden, policy):
    """A perceptron with two hidden layers, from `width` numbers per sample to one logit per class."""
    # TODO(2): let the layers follow the policy, and the logits be float32
    return keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(hidden, activation="relu", dtype=policy),
        keras.layers.Dense(hidden, activation="relu", dtype=policy),
        keras.layers.Dense(CLASSES, dtype="float32"),
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
    optimizer = keras.optimizers.SGD(rate, global_clipnorm=MAX_NORM)  # clips what apply() below has unscaled
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            _, loss = forward(model, inputs, targets)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
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
    step = prepare(policy)
    for inputs, targets in batches:
        losses.append(step(tf.constant(inputs, tf.float32), tf.constant(targets)))
    # END TODO(4)
    return losses


def set_tf32(wanted):
    """Let float32 matrix products use TF32 from now on, or not."""
    # TODO(5): the switch for TF32
    tf.config.experimental.enable_tensor_float_32_execution(wanted)
    # END TODO(5)


def padded(size):
    """The next multiple of 8 that is not below `size`: a vocabulary of 50257 becomes 50264."""
    # TODO(6): shapes that fill the units
    return (size + 7) // 8 * 8
    # END TODO(6)


def share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util):
    """The part of a GPU's peak rate that a training reaches, 0 to 1; None where the GPU has no such unit.

    `peaks`: TFLOP/s of a row of the lesson's table, None where there is no unit: {"float64": 9.7, "float32": 19.5,
    "tfloat32": 156, "float16": 312, "bfloat16": 312}. `arithmetic`: one of these five. `parameters`: of a dense
    network, each used once per sample. `gpu_util`: percent, as nvtop shows.
    """
    # TODO(7): what part of the peak is that
    peak = peaks[arithmetic]
    if peak is None:
        return None
    return 6 * parameters * samples_per_s / (peak * 1e12)
    # END TODO(7)
