"""Given: a training that uses your functions, for a job script. The checks do not use it.

    torchrun --standalone --nproc-per-node=2 train.py          or from the top folder, as a job:
    sbatch jobscripts/SITE/several_gpus.sh                     the same on two nodes: two_nodes.sh

Each rank says where it is; rank 0 prints the rest. As shipped, every process takes itself for rank 0 of 1.
"""

import argparse
import socket
import time
from pathlib import Path

import task
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import TensorDataset

FEATURES, CLASSES, SAMPLES, BATCH = 64, 10, 4096, 64


def samples():
    """Points with the class of the nearest of ten centres: the same on every rank."""
    random = torch.Generator().manual_seed(0)
    centres, points = (torch.randn(n, FEATURES, generator=random) for n in (CLASSES, SAMPLES))
    return TensorDataset(points, torch.cdist(points, centres).argmin(dim=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder for the weights; they are not kept without it")
    options = parser.parse_args()

    rank, ranks, device = task.join()
    # One write with its newline: torchrun runs Python unbuffered, and the lines of several ranks would mix.
    print(f"rank {rank} of {ranks}: {device} of {socket.gethostname()}\n", end="", flush=True)
    task.seed(2026)
    model = task.wrap(nn.Sequential(nn.Linear(FEATURES, 256), nn.ReLU(), nn.Linear(256, CLASSES)), device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    data = samples()
    loader = task.make_loader(data, BATCH)
    for epoch in range(options.epochs):
        task.begin_epoch(loader, epoch)
        start = time.perf_counter()
        for points, classes in loader:
            loss = task.train_step(model, optimizer, [(points.to(device), classes.to(device))])
        seconds = time.perf_counter() - start
        if rank == 0:
            print(f"epoch {epoch}: loss {loss:.3f}, {ranks * len(loader) * BATCH / seconds:.0f} samples/s", flush=True)
    accuracy = task.accuracy(model, data, BATCH, device)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        task.save(model, options.out / "weights.pt")
    if rank == 0:
        print(f"accuracy {accuracy:.3f} after {options.epochs} epochs on {ranks} ranks", flush=True)
    if dist.is_initialized():
        dist.destroy_process_group()
        time.sleep(0.2)  # gloo still lets go of the last tensors; a Python that ends meanwhile would be aborted


if __name__ == "__main__":
    main()
