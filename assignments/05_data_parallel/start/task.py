"""Assignment 05: train on several GPUs, one process each. Edit between the TODO marks; the lesson is README.md.

Every function works as shipped, on one process; started on several, each trains a model of its own on all of the data.
Check yourself:  pytest assignments/05
"""

import contextlib
import os

import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader


def join():
    """Join the process group of this job: (rank, number of ranks, device of this rank)."""
    # TODO(1): one process per GPU
    # torchrun tells each process who it is, by environment variables. NCCL for GPUs, gloo where there is none; and
    # each process its own GPU: on a node of four, all four processes see cuda:0 to cuda:3.
    return 0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # END TODO(1)


def seed(base):
    """Seed this rank's random numbers, from which augmentation is drawn: repeatable, and other ones on each rank."""
    # TODO(2): random numbers
    torch.manual_seed(base)
    # END TODO(2)


def wrap(model, device):
    """The model on its device, so that all ranks start from the same weights and step by the same gradient."""
    # TODO(3): wrap the model
    # Every rank has made a model with random weights of its own.
    return model.to(device)
    # END TODO(3)


def make_loader(dataset, batch_size):
    """The loader of one rank: in an epoch all ranks together see every sample once."""
    # TODO(4): a part for every rank
    # The order is new in each epoch, too: see begin_epoch.
    return DataLoader(dataset, batch_size=batch_size, shuffle=True)
    # END TODO(4)


def begin_epoch(loader, epoch):
    """Called on every rank before it goes through its loader for the `epoch`-th time, from 0."""
    # TODO(5): a new order in each epoch
    # END TODO(5)


def train_step(model, optimizer, batches):
    """One optimizer step by the mean gradient over all samples in `batches`, of all ranks.

    `batches` are (inputs, targets) of equal size, accumulated because they do not fit together. The ranks exchange
    gradients once per step, not once per batch. Returns this rank's mean loss, as a tensor.
    """
    # TODO(6): accumulate in silence
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in batches:
        loss = nn.functional.cross_entropy(model(inputs), targets) / len(batches)
        loss.backward()
        total += loss.detach()
    optimizer.step()
    return total
    # END TODO(6)


@torch.no_grad()
def accuracy(model, dataset, batch_size, device):
    """Share of the whole dataset that the model gets right: each sample counts once, all ranks answer the same."""
    # TODO(7): evaluate together
    # The ranks share the work. The number of samples need not be a multiple of the number of ranks.
    right = seen = 0
    for inputs, targets in DataLoader(dataset, batch_size=batch_size):
        right += int((model(inputs.to(device)).argmax(dim=-1) == targets.to(device)).sum())
        seen += len(targets)
    return right / seen
    # END TODO(7)


def save(model, path):
    """Write the weights to `path` once, for one process without DDP. Returns, on every rank, when they are there."""
    # TODO(8): one writer
    torch.save(model.state_dict(), path)
    # END TODO(8)
