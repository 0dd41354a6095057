"""Assignment 06: train a model that fits on no GPU, by keeping a part of it on each. Edit between the TODO marks.

Every function works as shipped: every rank holds, computes and saves the whole model. The lesson is README.md; check
yourself with  pytest assignments/06
"""

from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.utils.checkpoint import checkpoint

LEARNING_RATE = 3e-4


def precision():
    """The policy: weights and gradients travel in bfloat16, layers compute in it, and what a rank keeps is float32."""
    # TODO(1): the precision of what travels
    bf16 = torch.bfloat16
    return MixedPrecisionPolicy(reduce_dtype=bf16, param_dtype=bf16)
    # END TODO(1)


def shard(model, mesh, policy):
    """Cut all parameters of a `llama.Llama` over the ranks of `mesh`, so that one block at a time is whole.

    The model may be on the meta device: its parameters then have no values, and get none here. Returns the model.
    """
    # TODO(2): what is whole at one time
    fully_shard(model, mesh=mesh, mp_policy=policy)
    return model
    # END TODO(2)


def build(make_model, mesh, policy, seed):
    """(model, optimizer), ready to train: sharded, and with the weights that `model.init_weights(seed)` makes.

    `make_model()` makes the model on PyTorch's current default device, in its default dtype. No rank may hold all
    weights at any time.
    """
    # TODO(3): never the whole model
    # As it is, each rank first makes all weights, on the CPU, and then looks how it gets rid of most of them.
    model = make_model()
    model.init_weights(seed)
    model = shard(model, mesh, policy)
    return model, torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # END TODO(3)


def part(batch, rank, ranks):
    """The rows of a batch that this rank trains on: all ranks together see each row once, in equal parts."""
    # TODO(4): the data of a rank
    n = len(batch) // ranks
    return batch[rank * n : (rank + 1) * n]
    # END TODO(4)


def recompute(model):
    """Keep no activations inside blocks for the backward pass, but compute them again. Called before `shard`.

    Returns the model, with `model.blocks` as before or each wrapped.
    """
    # TODO(5): activations
    model.blocks = nn.ModuleList([checkpoint_wrapper(b) for b in model.blocks])
    return model
    # END TODO(5)


def save(model, optimizer, folder):
    """Write weights and optimizer state into an empty folder, each rank its part. All ranks call this."""
    # TODO(6): a checkpoint of parts
    # As it is, rank 0 writes what it has, and the optimizer's state is lost.
    if dist.get_rank() == 0:
        torch.save(model.state_dict(), Path(folder, "weights.pt"))
    dist.barrier()
    # END TODO(6)


def load(model, optimizer, folder):
    """Read a checkpoint of `save`, whatever the number of ranks was that wrote it. All ranks call this."""
    # TODO(7): read with another number of ranks
    # As it is, every rank reads the whole file.
    model.load_state_dict(torch.load(Path(folder, "weights.pt"), weights_only=True))
    # END TODO(7)


def plan(shape, ranks):
    """Bytes on each of `ranks` ranks when a `llama.Shape` is trained by `shard` with `precision()` and AdamW.

    Four entries. "weights", "gradients" and "optimizer" are what a rank keeps from one step to the next. "unsharded"
    is the most that it holds of whole parameters at one time: those outside of the blocks, and one block.
    """
    # TODO(8): plan the memory
    everything = shape.root_parameters + shape.layers * shape.block_parameters
    mine = everything / ranks
    return {"weights": mine * 4, "gradients": mine * 4, "optimizer": mine * 8, "unsharded": 2 * everything}
    # END TODO(8)
