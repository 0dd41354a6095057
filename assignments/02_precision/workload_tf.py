"""Given: what the checks call, TensorFlow. It uses your task_tf.py the way a training script would.

A small network, plain SGD, and two trainings of it: `train` goes through your code, `strict` is the FP32 baseline.
The baseline sets its own precision: TensorFlow's default uses TF32.
"""

import functools
import re

import keras
import numpy as np
import tensorflow as tf
from plain_tf import flat, gain, initial, numbers, placed, reference, strict

__all__ = ["gain", "reference", "strict"]  # the baseline's entry points

_steps = {}
"""Networks with their steps, for timed trainings: tracing a step takes as long as ten runs of it."""


def _in_plain_words(entry):
    """Errors in a tf.function quote every line that led to them; keep the line in your file, and what it says."""

    @functools.wraps(entry)
    def wrapped(*args):
        try:
            return entry(*args)
        except Exception as error:
            place = re.findall(r'task_tf\.py", line (\d+)', str(error))
            if not place:
                raise
            said = [line.strip() for line in str(error).splitlines() if line.strip()][-1]
            kind = type(error) if type(error).__module__ == "builtins" else RuntimeError
            text = f"line {place[-1]} of task_tf.py: {said}"
            raise kind(text).with_traceback(error.__traceback__) from None

    return wrapped


# --- through your code -------------------------------------------------------------------------------------------


def choose(gpus):
    """Your choice for each (name, capability): [policy, whether losses are scaled, whether TF32 is switched on]."""
    import task_tf

    choices = [task_tf.choose(name, tuple(capability)) for name, capability in gpus]
    return [[str(c.policy), bool(c.scale), bool(c.tf32)] for c in choices]


@_in_plain_words
def forward(inputs, targets, options, dtype):
    """One forward pass: the logits, and the loss as a number of its own."""
    import task_tf

    with placed(options):
        model = _model(inputs.shape[-1], options, policy(dtype))
        logits, loss = task_tf.forward(model, inputs, targets)
    return tf.cast(logits, tf.float32).numpy(), tf.cast(loss, tf.float64).numpy().reshape(1)


@_in_plain_words
def train(inputs, targets, options, dtype):
    """Train on every batch once: the loss of each step, and the weights afterwards.

    inputs: float64, (steps, batch, width); targets: int64, (steps, batch). Options: seed, lr, and where they differ
    from the default hidden, spread, favourite, scale (the loss scale to begin with; 0: none), device, tf32, reuse
    (a step that this process has traced already), and weights (whether they are answered).
    """
    import task_tf

    if "tf32" in options:
        task_tf.set_tf32(options["tf32"])
    with placed(options):
        run = _Training(inputs.shape[-1], options)
        losses = task_tf.train(run.prepare, policy(dtype), list(zip(inputs, targets, strict=True)))
        return numbers(losses), run.weights().astype(np.float32)


@_in_plain_words
def steps(inputs, targets, options, dtype):
    """As `train`, but the loop is given: only your build() and make_step() are used."""
    with placed(options):
        run = _Training(inputs.shape[-1], options)
        step = run.prepare(policy(dtype))
        losses = [step(tf.constant(x, tf.float32), tf.constant(y)) for x, y in zip(inputs, targets, strict=True)]
        return numbers(losses), run.weights().astype(np.float32)


@_in_plain_words
def weights_after(inputs, targets, options, dtype):
    """The weights after your training, in float64: whatever format they are kept in, no digit is lost."""
    import task_tf

    with placed(options):
        run = _Training(inputs.shape[-1], options)
        task_tf.train(run.prepare, policy(dtype), list(zip(inputs, targets, strict=True)))
        return run.weights()


@_in_plain_words
def inspect(inputs, targets, options, dtype):
    """How often a number was read back from the device before the last step of a training (a self-report)."""
    import task_tf

    with placed(options), _Reads() as reads:
        run = _Training(inputs.shape[-1], options)
        before_step = []

        def prepare(wanted):
            step = run.prepare(wanted)

            def watched(*batch):
                before_step.append(reads.count)
                return step(*batch)

            return watched

        task_tf.train(prepare, policy(dtype), list(zip(inputs, targets, strict=True)))
    return {"reads": before_step[-1] - before_step[0]}


def tf32_after(wanted):
    """Whether float32 matrix products may use TF32 after your switch (a self-report)."""
    import task_tf

    task_tf.set_tf32(wanted)
    return tf.config.experimental.tensor_float_32_execution_enabled()


def padded(sizes):
    """Your padded sizes."""
    import task_tf

    answers = [task_tf.padded(size) for size in sizes]
    if wrong := [answer for answer in answers if not isinstance(answer, int)]:
        raise TypeError(f"padded() must return an int; found {wrong[0]!r}")
    return answers


def share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util):
    """Your answer to what part of the GPU's peak a training reaches."""
    import task_tf

    return task_tf.share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util)


# --- parts -------------------------------------------------------------------------------------------------------


def policy(dtype):
    """The Keras policy for training in a format: 16 bits are mixed with float32 weights."""
    return f"mixed_{dtype}" if dtype in ("bfloat16", "float16") else dtype


class _Training:
    """A network from your build() with the step of your make_step(), under the policy that train() asks for."""

    def __init__(self, width, options):
        self._width, self._options, self._model = width, options, None

    def prepare(self, wanted):
        """The step, for a network that begins anew."""
        import task_tf

        rate, scale = self._options["lr"], float(self._options.get("scale", 0))
        key = (self._width, self._options.get("hidden", 64), rate, scale, str(wanted), keras.config.floatx())
        if key not in _steps or not self._options.get("reuse", False):
            model = _model(self._width, self._options, wanted)
            _one_format(model, wanted)
            _steps[key] = model, task_tf.make_step(model, rate, scale)
        self._model, step = _steps[key]
        _set_weights(self._model, initial(self._width, self._options))
        return step

    def weights(self):
        """All weights as one float64 array."""
        if self._model is None:
            raise RuntimeError("train() did not call prepare(), so no network was trained")
        return flat(self._model.weights, self._options)


def _model(width, options, wanted):
    import task_tf

    model = task_tf.build(width, options.get("hidden", 64), wanted)
    _set_weights(model, initial(width, options))
    return model


def _one_format(model, wanted):
    """An optimizer cannot clip gradients of several formats together, and says so in words that help nobody."""
    found = sorted({str(weight.dtype) for weight in model.weights})
    if len(found) > 1:
        why = " (TODO(4) as shipped asks for float64)" if wanted == "float64" else ""
        raise TypeError(f"under the policy '{wanted}'{why} the network has weights in {' and '.join(found)}")


def _set_weights(model, weights):
    found, expected = [tuple(w.shape) for w in model.weights], [w.shape for w in weights]
    if found != expected:
        raise ValueError(f"build() must make weights of shapes {expected}; found {found}")
    model.set_weights(weights)


class _Reads:
    """Counts how often a tensor's value is asked for: `.numpy()`, `float(loss)`, `if loss > 1`."""

    def __init__(self):
        self.count = 0
        # TensorFlow has no public hook for this: all of them go through one method of eager tensors.
        self._owner = next(c for c in type(tf.constant(0.0)).__mro__ if "_numpy" in vars(c))
        self._read = vars(self._owner)["_numpy"]

    def __enter__(self):
        def counted(tensor):
            self.count += 1
            return self._read(tensor)

        setattr(self._owner, "_numpy", counted)  # noqa: B010
        return self

    def __exit__(self, *_):
        setattr(self._owner, "_numpy", self._read)  # noqa: B010
