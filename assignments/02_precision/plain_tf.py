"""Given: what your training is compared with, TensorFlow: the network in plain operations, and its FP32 training.

Your Keras network and this one begin with the same weights, which a seed makes.
"""

import contextlib
import time

import numpy as np
import tensorflow as tf

CLASSES = 10


def strict(inputs, targets, options):
    """The same training in FP32 and nothing else, with clipped gradients; answers as `train` does."""
    tf.config.experimental.enable_tensor_float_32_execution(False)
    with placed(options):
        weights, losses = [tf.constant(w) for w in initial(inputs.shape[-1], options)], []
        for x, y in zip(inputs, targets, strict=True):
            batch = tf.constant(x, tf.float32), tf.constant(y)
            weights, loss = _strict_step(weights, *batch, tf.constant(options["lr"]), tf.constant(options["max_norm"]))
            losses.append(loss)
        return numbers(losses), flat(weights, options).astype(np.float32)


@tf.function
def _strict_step(weights, inputs, targets, rate, max_norm):
    """New weights, and the loss of the old ones."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        loss = _cross_entropy(logits(inputs, weights), targets)
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, weights), max_norm)
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)], loss


def reference(inputs, options, dtype):
    """Logits of one forward pass: the hidden layers with every operand rounded to `dtype` by hand, then two versions
    of the output layer, in float32 and in `dtype`. Both are what a mixed policy can compute. Then the same two as a
    tf.function: there TensorFlow fuses operations, and on a CPU that multiplies 16 bits rounds less often.
    """
    with placed(options):
        weights = initial(inputs.shape[-1], options)
        kind = tf.as_dtype(dtype)
        versions = [f(inputs, weights, kind, output) for f in (logits, _fused) for output in (tf.float32, kind)]
        return tuple(tf.cast(version, tf.float32).numpy() for version in versions)


def logits(inputs, weights, kind=tf.float32, output=tf.float32):
    """The network without Keras: hidden layers in the format `kind`, the output layer in `output`."""
    x = inputs
    for layer, dtype in enumerate((kind, kind, output)):
        x, matrix, bias = (tf.cast(operand, dtype) for operand in (x, *weights[2 * layer : 2 * layer + 2]))
        x = tf.matmul(x, matrix) + bias
        x = tf.nn.relu(x) if layer < 2 else x
    return x


_fused = tf.function(logits)


def initial(width, options):
    """Matrix and bias of each layer, float32, in the order of a Keras model's weights; made by the seed alone."""
    rng, hidden = np.random.default_rng(options["seed"]), options.get("hidden", 64)
    weights = []
    for fan_in, fan_out in ((width, hidden), (hidden, hidden), (hidden, CLASSES)):
        bound = (3 / fan_in) ** 0.5
        weights += [rng.uniform(-bound, bound, shape).astype(np.float32) for shape in ((fan_in, fan_out), (fan_out,))]
    weights[-2] *= np.float32(options.get("spread", 1.0))  # a larger spread is a network that is surer of itself
    weights[-1][0] += np.float32(options.get("favourite", 0.0))  # as if it had learned that all samples are of class 0
    return weights


def gain(dtype):
    """Time of a float32 matrix product over that of the same in `dtype`, on one thread of this CPU: the best of 12."""
    seconds = []
    for kind in (tf.float32, tf.as_dtype(dtype)):
        a, b = (tf.cast(tf.random.normal((512, 512)), kind) for _ in range(2))
        times = []
        for _ in range(12):
            start = time.perf_counter()
            tf.matmul(a, b).numpy()
            times.append(time.perf_counter() - start)
        seconds.append(min(times))
    return seconds[0] / seconds[1]


# --- parts -----------------------------------------------------------------------------------------------------------


def _cross_entropy(scores, targets):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores))


@contextlib.contextmanager
def placed(options):
    """On the device that is asked for: the CPU, with every GPU hidden, or "cuda". TensorFlow would take all memory."""
    on_gpu = options.get("device", "cpu") == "cuda"
    with contextlib.suppress(RuntimeError):  # settings of an earlier call are in use already
        if not on_gpu:
            tf.config.set_visible_devices([], "GPU")
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    with tf.device("/GPU:0" if on_gpu else "/CPU:0"):
        yield


def numbers(losses):
    """Losses as one float64 array: from a list of numbers or of tensors, or from one tensor."""
    if isinstance(losses, list):
        losses = tf.stack([tf.cast(loss, tf.float64) for loss in losses])
    return tf.cast(losses, tf.float64).numpy()


def flat(weights, options):
    if not options.get("weights", True):
        return np.empty(0, np.float64)
    flat = [tf.reshape(tf.cast(tf.convert_to_tensor(w), tf.float64), -1) for w in weights]
    return tf.concat(flat, 0).numpy()
