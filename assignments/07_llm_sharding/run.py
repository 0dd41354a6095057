"""Given: generate with a real checkpoint on the GPUs of one node. Nothing is downloaded.

    torchrun --nproc-per-node 4 run.py FOLDER            or   export LLAMA_CHECKPOINT=FOLDER
    torchrun --nproc-per-node 4 run.py FOLDER --prompts 8 --tokens 512 --new 128 --bandwidth 4000

FOLDER holds config.json and *.safetensors: on a cluster the snapshot folder of a shared copy. The prompts are random
tokens, the same on every rank. Without a GPU it uses the CPU and gloo. Rank 0 prints.
"""

import argparse
import os
import time

import llama
import task
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=os.environ.get("LLAMA_CHECKPOINT"))
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=512, help="of each prompt")
    parser.add_argument("--new", type=int, default=128, help="tokens to generate for each prompt")
    parser.add_argument("--bandwidth", type=float, default=0, help="of a GPU's memory in GB/s, from the lesson's table")
    options = parser.parse_args()
    if not options.folder:
        parser.error("no checkpoint: name its folder, or set LLAMA_CHECKPOINT")
    return options


def now():
    """Seconds, when all that was queued is done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def main():
    stamps, options = {"start": now()}, arguments()
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_gpu else "gloo")
    mesh = init_device_mesh("cuda" if on_gpu else "cpu", (dist.get_world_size(),))

    model = task.load(options.folder, mesh)
    stamps["loaded"] = now()
    torch.manual_seed(0)  # the same prompts on every rank
    ids = torch.randint(model.config.vocab_size, (options.prompts, options.tokens)).to(llama.device(mesh))
    task.generate(model, ids[:, :8], 2)  # kernels and buffers of the first time

    begin = now()
    task.generate(model, ids, 1)
    first = now()
    task.generate(model, ids, options.new)
    end = now()
    # Reading the prompts was timed alone; so the last steps of the second call are decoding.
    stamps |= {"first": first + (first - begin), "last": end}
    if dist.get_rank() == 0:
        report(model, stamps, options, on_gpu)
    dist.destroy_process_group()
    time.sleep(0.2)  # gloo still lets go of the last tensors; a Python that ends meanwhile would be aborted


def report(model, stamps, options, on_gpu):
    """What one rank has, and how fast it was."""
    config, ranks = model.config, dist.get_world_size()
    element = llama.dtype_of(config).itemsize
    weights = task.weight_bytes(config, element) / ranks
    cache = task.cache_bytes(config, options.prompts, options.tokens + options.new, element) / ranks
    print(f"{ranks} ranks; by formula each has {weights / 1e9:.2f} GB of weights, {cache / 1e9:.2f} GB of cache")
    if on_gpu:
        print(f"{torch.cuda.get_device_name()}: at most {torch.cuda.max_memory_allocated() / 1e9:.2f} GB in use")
    print(f"loaded in {stamps['loaded'] - stamps['start']:.1f} s")
    bandwidth = options.bandwidth * 1e9 or float("nan")
    rate, part = task.decode_rate(stamps, options.prompts, options.new, weights + cache, bandwidth)
    print(f"decoding: {rate:.1f} tokens/s" + (f", {part:.0%} of what the memory allows" if options.bandwidth else ""))


if __name__ == "__main__":
    main()
