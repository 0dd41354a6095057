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
    # gloo on my laptop, nccl on the cluster
    gpu = torch.cuda.is_available()
    dist.init_process_group(backend="nccl" if gpu else "gloo")
    rank = dist.get_rank()
    if not gpu:
        return rank, dist.get_world_size(), torch.device("cpu")
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return rank, dist.get_world_size(), torch.device("cuda", torch.cuda.current_device())
    # END TODO(1)


def seed(base):
    """Seed this rank's random numbers, from which augmentation is drawn: repeatable, and other ones on each rank."""
    # TODO(2): random numbers
    torch.manual_seed(1000 * base + dist.get_rank())
    # END TODO(2)


def wrap(model, device):
    """The model on its device, so that all ranks start from the same weights and step by the same gradient."""
    # TODO(3): wrap the model
    from torch.nn.parallel import DistributedDataParallel as DDP

    model = model.to(device)
    ids = [device.index] if device.type == "cuda" else None
    return DDP(model, device_ids=ids)
    # END TODO(3)


def make_loader(dataset, batch_size):
    """The loader of one rank: in an epoch all ranks together see every sample once."""
    # TODO(4): a part for every rank
    from torch.utils.data.distributed import DistributedSampler

    return DataLoader(
        dataset,
        batch_size,
        sampler=DistributedSampler(dataset, num_replicas=dist.get_world_size(), rank=dist.get_rank(), shuffle=True),
    )
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
    # every rank looks at its own part, then we average
    mine = list(range(dist.get_rank(), len(dataset), dist.get_world_size()))
    right = 0
    for inputs, targets in DataLoader(torch.utils.data.Subset(dataset, mine), batch_size=batch_size):
        guess = model(inputs.to(device)).argmax(1)
        right += (guess == targets.to(device)).float().sum()
    acc = right / len(mine)
    dist.all_reduce(acc)
    return acc.item() / dist.get_world_size()
    # END TODO(7)


def save(model, path):
    """Write the weights to `path` once, for one process without DDP. Returns, on every rank, when they are there."""
    # TODO(8): one writer
    if dist.get_rank() == 0:
        torch.save({k: v.cpu() for k, v in model.module.state_dict().items()}, path)
    dist.barrier()
    # END TODO(8)
