"""Given: what the checks call, on every rank at once. It uses your task.py the way a training script would."""

import os
from pathlib import Path

import numpy as np
import task
import torch
from torch import nn
from torch.utils.data import Dataset

CLASSES = 10

_device = torch.device("cpu")
_loader = None


def join():
    """Join the group; answers [rank, ranks, kind of device]."""
    global _device
    rank, ranks, _device = task.join()
    return [int(rank), int(ranks), _device.type]


class Samples(Dataset):
    """Rows of an array with their labels."""

    def __init__(self, inputs, targets):
        self.inputs, self.targets = torch.from_numpy(inputs), torch.from_numpy(targets)

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, index):
        return self.inputs[index], self.targets[index]


# --- TODO(2), TODO(4), TODO(5): random numbers, data -----------------------------------------------------------------


def draws(base):
    """What an augmentation would draw on this rank."""
    task.seed(base)
    return torch.rand(8).tolist()


def open_loader(inputs, targets, batch_size):
    """Build this rank's loader of the samples."""
    global _loader
    _loader = task.make_loader(Samples(inputs, targets), batch_size)


def epoch(number, probe):
    """One epoch of this rank: (probe . inputs of each sample in the order of delivery, their labels)."""
    task.begin_epoch(_loader, number)
    products, labels = [], []
    for inputs, targets in _loader:
        products.append(inputs.double() @ torch.from_numpy(probe))
        labels.append(targets)
    if not products:
        return np.empty(0), np.empty(0, dtype=np.int64)
    return torch.cat(products).numpy(), torch.cat(labels).numpy()


# --- TODO(3), TODO(6): train ---------------------------------------------------------------------------------------


def train(inputs, targets, options):
    """Train on this rank's part of every global batch. Answers (weights before, weights after), as one vector each.

    `inputs` (steps, samples, width) and `targets` hold the global batches: of each, rank r takes the samples r,
    r + ranks, ..., in options["accumulate"] batches. Each rank makes its model from a seed of its own.
    """
    rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    model = task.wrap(_model(inputs.shape[-1], options["hidden"], options["seed"] + 1000 * rank), _device)
    optimizer = torch.optim.SGD(model.parameters(), lr=options["lr"])
    before = _vector(model, options)
    for samples, labels in zip(torch.from_numpy(inputs), torch.from_numpy(targets), strict=True):
        mine = samples[rank::ranks].to(_device), labels[rank::ranks].to(_device)
        batches = list(zip(*(part.chunk(options["accumulate"]) for part in mine), strict=True))
        task.train_step(model, optimizer, batches)
    return before, _vector(model, options)


def reference(inputs, targets, options):
    """What training on whole global batches in one process gives; answers as `train` does."""
    model = _model(inputs.shape[-1], options["hidden"], options["seed"])
    optimizer = torch.optim.SGD(model.parameters(), lr=options["lr"])
    before = _vector(model, options)
    for samples, labels in zip(torch.from_numpy(inputs), torch.from_numpy(targets), strict=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(samples), labels).backward()
        optimizer.step()
    return before, _vector(model, options)


def searches_unused():
    """Whether the wrapper looks for parameters without a gradient in every step."""
    model = task.wrap(_model(8, 8, 0), _device)
    return bool(getattr(model, "find_unused_parameters", False))


def failing_step(broken):
    """A step in which the data of rank `broken` cannot be read; answers whether the step raised an error."""
    rank, width = int(os.environ["RANK"]), 8
    model = task.wrap(_model(width, 8, 0), _device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batch = torch.zeros(4, width, device=_device), torch.zeros(4, dtype=torch.int64, device=_device)
    batches = Batches([batch, None if rank == broken else batch])
    try:
        task.train_step(model, optimizer, batches)
    except OSError:
        return True
    return False


class Batches(list):
    """Batches, of which those that are None cannot be read: however one gets at them, that is an OSError."""

    def __iter__(self):
        return (self[number] for number in range(len(self)))

    def __getitem__(self, key):
        found = super().__getitem__(key)
        if found is None:
            raise OSError("the file of this batch cannot be read")
        return Batches(found) if isinstance(key, slice) else found


# --- TODO(7), TODO(8): evaluate, save --------------------------------------------------------------------------------


def accuracy(inputs, targets, seed):
    """The accuracy of an untrained model, made from a seed."""
    model = task.wrap(_model(inputs.shape[-1], 32, seed), _device)
    return float(task.accuracy(model, Samples(inputs, targets), 16, _device))


def predict(inputs, seed):
    """The classes that the same model gives, in one process."""
    return _model(inputs.shape[-1], 32, seed)(torch.from_numpy(inputs)).argmax(dim=-1).numpy()


def save(folder, width, seed):
    """Save an untrained model made from a seed; answers whether the file is there as soon as this rank is done."""
    model = task.wrap(_model(width, 32, seed), _device)
    path = Path(folder, "weights.pt")
    task.save(model, path)
    return path.is_file()


def load(folder, width):
    """In one process without DDP: the weights that were saved, or as a text why they cannot be loaded."""
    model = _model(width, 32, 0)
    try:
        model.load_state_dict(torch.load(Path(folder, "weights.pt"), weights_only=True, map_location="cpu"))
    except Exception as error:  # whatever a broken file leads to
        return " ".join(str(error).split())[:150]
    return _vector(model, {}).tolist()


def made(width, seed):
    """The weights of a model made from a seed."""
    return _vector(_model(width, 32, seed), {}).tolist()


def _model(width, hidden, seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))


def _vector(model, options):
    """All weights, or only the first few where options["weights"] is a number."""
    flat = torch.cat([p.detach().flatten() for p in model.parameters()])
    return flat[: options.get("weights")].cpu().numpy()
