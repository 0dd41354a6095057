"""Given: a training that uses your functions, for a job script. The checks do not use it.

    torchrun --standalone --nproc-per-node=2 train.py          or from the top folder, as a job:
    sbatch jobscripts/SITE/several_gpus.sh assignments/06_fsdp/train.py     on two nodes: two_nodes.sh

The model is small by default. `--layers 32 --hidden 4096` has 7.0e9 parameters: 113 GB with gradients and AdamW's
state. Without a GPU it uses the CPU and gloo. Each rank says what it holds; rank 0 prints the rest.
"""

import argparse
import os
import socket
import time
from pathlib import Path

import llama
import task
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor
from torch.nn import functional as F


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=128, help="of each row; a rank gets two rows (%(default)s)")
    parser.add_argument("--out", type=Path, help="empty folder for a checkpoint; none is written without it")
    return parser.parse_args()


def main():
    options = arguments()
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_gpu else "gloo")
    rank, ranks = dist.get_rank(), dist.get_world_size()
    mesh = init_device_mesh("cuda" if on_gpu else "cpu", (ranks,))

    shape = llama.Shape(options.layers, options.hidden, 7 * options.hidden // 2, 8, 2, vocabulary=8192)
    model, optimizer = task.build(lambda: task.recompute(llama.Llama(shape)), mesh, task.precision(), seed=2026)
    whole = sum(each.numel() for each in model.parameters())
    mine = sum((each.to_local() if isinstance(each, DTensor) else each).numel() for each in model.parameters())
    held = f"{mine / 1e6:.2f} of {whole / 1e6:.2f} million weights"
    # One write with its newline: torchrun runs Python unbuffered, and the lines of several ranks would mix.
    print(f"rank {rank} of {ranks} on {socket.gethostname()}: {held}\n", end="", flush=True)

    batches = torch.randint(shape.vocabulary, (options.steps, 2 * ranks, options.tokens + 1))  # rank 0's for all
    batches = batches.to(mesh.device_type)
    dist.broadcast(batches, src=0)
    for step, batch in enumerate(batches):
        start = time.perf_counter()
        loss = train_step(model, optimizer, task.part(batch, rank, ranks))
        if rank == 0:
            print(f"step {step}: loss {loss:.3f} in {time.perf_counter() - start:.2f} s", flush=True)
    if on_gpu:
        print(f"rank {rank}: at most {torch.cuda.max_memory_allocated() / 1e9:.2f} GB in use\n", end="", flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        task.save(model, optimizer, options.out)
    dist.destroy_process_group()
    time.sleep(0.2)  # gloo still lets go of the last tensors; a Python that ends meanwhile would be aborted


def train_step(model, optimizer, tokens):
    optimizer.zero_grad()
    logits = model(tokens[:, :-1])
    loss = F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    main()
