"""Given: one experiment of the search, its space, and the form of its result. You use it from task.py.

A small network learns to tell the arms of a spiral apart. It takes a moment on one core; importing PyTorch takes far
longer, so only load_data() and train() do that: whoever draws, submits or collects need not wait for it.
"""

import math
from itertools import pairwise
from pathlib import Path

LEARNING_RATE = (1e-4, 1.0)
WEIGHT_DECAY = (1e-6, 1e-2)
"""Both are to be log-uniform between these bounds."""
MOMENTUM = (0.0, 0.95)
"""Uniform between these bounds."""
LAYERS = (1, 4)
"""A whole number; both bounds are possible."""
WIDTHS = (16, 32, 64)
"""One of these, each as likely as the others."""

EPOCHS, BATCH = 8, 32
CLASSES, SAMPLES = 3, 256


def result_path(folder, index):
    """Where the result of a configuration belongs. Whoever collects looks nowhere else."""
    return Path(folder, f"{index:05d}.json")


def is_result(value, index):
    """Whether what was read from a file is a whole result of this index: done, or failed with the error's text."""
    if not isinstance(value, dict) or value.get("index") != index or not isinstance(value.get("config"), dict):
        return False
    if value.get("status") == "failed":
        return isinstance(value.get("error"), str)
    histories = value.get("validation_loss"), value.get("test_accuracy")
    return value.get("status") == "done" and all(isinstance(h, list) and len(h) == EPOCHS for h in histories)


def load_data(seed):
    """Training, validation and test samples: three pairs of (points, labels). The same for all configurations."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [_spiral(torch, generator) for _ in range(3)]


def train(config, data):
    """Train one configuration. Returns {"validation_loss": [...], "test_accuracy": [...]}, a number per epoch.

    A learning rate that is too high makes the loss nan: that is a result too. It is bad, and final.
    """
    import torch
    from torch.nn.functional import cross_entropy

    torch.set_num_threads(1)  # several jobs on one node: more threads would only take turns
    (points, labels), (valid_points, valid_labels), (test_points, test_labels) = data
    torch.manual_seed(config["seed"])
    model = _network(torch.nn, config)
    weights = list(model.parameters())
    speed = [torch.zeros_like(w) for w in weights]
    history = {"validation_loss": [], "test_accuracy": []}
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(points)).split(BATCH):
            loss = cross_entropy(model(points[batch]), labels[batch])
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():  # as torch.optim.SGD, whose import takes as long as PyTorch's own
                for w, v, g in zip(weights, speed, gradients, strict=True):
                    v.mul_(config["momentum"]).add_(g + config["weight_decay"] * w)
                    w.sub_(config["learning_rate"] * v)
        with torch.no_grad():
            history["validation_loss"].append(cross_entropy(model(valid_points), valid_labels).item())
            right = (model(test_points).argmax(dim=-1) == test_labels).float().mean()
            history["test_accuracy"].append(right.item())
    return history


def _network(nn, config):
    widths = [2] + [config["width"]] * config["layers"]
    layers = [m for a, b in pairwise(widths) for m in (nn.Linear(a, b), nn.Tanh())]
    return nn.Sequential(*layers, nn.Linear(widths[-1], CLASSES))


def _spiral(torch, generator):
    """SAMPLES points on CLASSES arms."""
    labels = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    radius = torch.rand(SAMPLES, generator=generator).sqrt()
    noise = 0.2 * torch.randn(SAMPLES, generator=generator)
    angle = 5 * radius + labels * (2 * math.pi / CLASSES) + noise
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1), labels
