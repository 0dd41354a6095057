"""Given: the same experiment without PyTorch, to rehearse a search. The timed check does, so that it is over soon.

A layer of random features, and softmax regression on them. The form of data and results is experiment.py's.
"""

import numpy as np
from experiment import BATCH, CLASSES, EPOCHS, SAMPLES


def load_data(seed):
    """As experiment.load_data()."""
    rng = np.random.default_rng(seed)
    return [_spiral(rng) for _ in range(3)]


def train(config, data):
    """As experiment.train()."""
    rng = np.random.default_rng(config["seed"])
    width = config["width"] * config["layers"]
    mix, shift = 3 * rng.standard_normal((2, width)), rng.standard_normal(width)
    (points, labels), valid, test = ((np.tanh(points @ mix + shift), labels) for points, labels in data)
    weights, speed = np.zeros((width, CLASSES)), np.zeros((width, CLASSES))
    history = {"validation_loss": [], "test_accuracy": []}
    for _ in range(EPOCHS):
        for batch in rng.permutation(len(points)).reshape(-1, BATCH):
            slope = _softmax(points[batch] @ weights) - np.eye(CLASSES)[labels[batch]]
            speed = config["momentum"] * speed + points[batch].T @ slope / BATCH + config["weight_decay"] * weights
            weights -= config["learning_rate"] * speed
        chances = _softmax(valid[0] @ weights)[np.arange(len(valid[1])), valid[1]]
        history["validation_loss"].append(float(-np.log(chances + 1e-12).mean()))
        history["test_accuracy"].append(float(np.mean(np.argmax(test[0] @ weights, axis=-1) == test[1])))
    return history


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _spiral(rng):
    labels = rng.integers(CLASSES, size=SAMPLES)
    radius = np.sqrt(rng.random(SAMPLES))
    angle = 5 * radius + labels * (2 * np.pi / CLASSES) + 0.2 * rng.standard_normal(SAMPLES)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1), labels
