"""Given: the network that is trained, in NumPy. The worker makes its model with these weights; checks compute with it.

It is small enough to write down: x -> tanh(x A + a) B + b, with the cross-entropy of its softmax.
"""

import numpy as np

WIDTH, HIDDEN, CLASSES = 8, 16, 4
SHAPES = (WIDTH, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)
WEIGHTS = sum(int(np.prod(shape)) for shape in SHAPES)


def initial(seed, rank=0):
    """The weights with which the model of a worker is made, as one vector; biases are zero."""
    draw = np.random.default_rng([seed, rank])
    parts = [draw.standard_normal(shape) if len(shape) > 1 else np.zeros(shape) for shape in SHAPES]
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def cut(weights):
    """A vector of all weights as the arrays of both layers."""
    parts = np.split(weights, np.cumsum([np.prod(shape) for shape in SHAPES])[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)]


def logits(weights, inputs):
    """What the network answers: (samples, classes)."""
    hidden, bias, out, last = cut(weights)
    return np.tanh(inputs @ hidden + bias) @ out + last


def loss_and_gradient(weights, inputs, targets):
    """Mean cross-entropy over the samples, and its gradient as one vector."""
    hidden, bias, out, _ = cut(weights)
    between, answers = np.tanh(inputs @ hidden + bias), logits(weights, inputs)
    answers -= answers.max(axis=1, keepdims=True)
    chances = np.exp(answers) / np.exp(answers).sum(axis=1, keepdims=True)
    rows = np.arange(len(targets))
    loss = -np.log(chances[rows, targets]).mean()
    chances[rows, targets] -= 1
    back = chances / len(targets)
    inner = (back @ out.T) * (1 - between**2)
    parts = inputs.T @ inner, inner.sum(axis=0), between.T @ back, back.sum(axis=0)
    return float(loss), np.concatenate([part.ravel() for part in parts])
