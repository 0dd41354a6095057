"""Given: what the checks call, on every rank at once. It uses your task.py the way a training script would."""

import contextlib
import ctypes

import llama
import numpy as np
import task
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.distributed.tensor import DTensor
from torch.nn import functional as F

from grader.probes.collectives import counted
from grader.probes.scale import by_kind, simulated, unsharded, without_data

MESH = "given"
_mesh = _model = _optimizer = None


class NoModel(RuntimeError):
    """A function of yours returned nothing where a model is asked."""


def _returning(name, todo):
    """Your function, but None in place of a model is said where it comes from: later it is an error of another TODO."""
    yours = getattr(task, name)

    def called(*arguments, **options):
        if (model := yours(*arguments, **options)) is None:
            raise NoModel(f"{name}() returned None, and has to return the model: TODO({todo})")
        return model

    setattr(task, name, called)


_returning("shard", 2)
_returning("recompute", 5)
with contextlib.suppress(Exception):
    # glibc only: give freed memory back at once, so that what is seen from outside is what is in use
    ctypes.CDLL(None).mallopt(-3, 1 << 16)  # M_MMAP_THRESHOLD


def join():
    """Join the group, and make the mesh of all ranks. Its name tells it from the one that FSDP makes if given none."""
    global _mesh
    dist.init_process_group("gloo")
    _mesh = init_device_mesh("cpu", (dist.get_world_size(),), mesh_dim_names=(MESH,))
    # the first collective connects the ranks, which costs messages and memory of its own
    mean = torch.empty(1)
    dist.reduce_scatter_tensor(mean, torch.ones(_mesh.size()), op=dist.ReduceOp.AVG)
    if mean.item() != 1:
        dist.reduce_scatter_tensor = _mean_of(dist.reduce_scatter_tensor)


def _mean_of(scatter):
    """FSDP asks for means of gradients. With torch 2.7, gloo answers the sums and says nothing; NCCL does not."""

    def averaged(output, input, op=dist.ReduceOp.SUM, **options):  # noqa: A002  FSDP calls it by these names
        if op != dist.ReduceOp.AVG:
            return scatter(output, input, op=op, **options)
        work = scatter(output, input, op=dist.ReduceOp.SUM, **options)
        output.div_(dist.get_world_size())
        return work

    return averaged


# --- TODO(2) to TODO(4): a sharded model, trained ------------------------------------------------------------------


def build(sizes, seed, options):
    """Build the model on this rank; answers nothing. Options: see `_arrange`, and mixed, recompute.

    Each rank has another state of PyTorch's random numbers, as processes of a job have.
    """
    global _model, _optimizer
    torch.manual_seed(seed + 1000 * dist.get_rank() + 1)
    shape = llama.Shape(*sizes)

    def make_model():
        model = llama.Llama(shape)
        return task.recompute(model) if options.get("recompute") else model

    policy = task.precision() if options.get("mixed") else MixedPrecisionPolicy()
    try:
        _model, _optimizer = task.build(make_model, _mesh, policy, seed)
    except NoModel as error:
        # without the line of build(), which is not at fault
        raise NoModel(str(error)) from None
    _arrange(options)


def _arrange(options):
    """Options: rate (of learning; no weight decay then), loud (an embedding of numbers near a million)."""
    with torch.no_grad():
        if options.get("loud"):
            _model.embedding.weight.mul_(5e7)
    for group in _optimizer.param_groups if options.get("rate") else []:
        group.update(lr=options["rate"], weight_decay=0.0)


def kept(kind):
    """What this rank keeps of every parameter, in the model's order, as one vector.

    Kinds: weights, and of AdamW's state exp_avg and exp_avg_sq.
    """
    tensors = list(_model.parameters())
    if kind != "weights":
        tensors = [_optimizer.state[each][kind] for each in tensors if kind in _optimizer.state.get(each, {})]
    return _vector(tensors)


def dtypes():
    """The dtypes of all weights, each once."""
    return sorted({str(each.dtype).removeprefix("torch.") for each in _model.parameters()})


def train(batches):
    """Train on this rank's part of every batch of `batches` (steps, rows, tokens). Answers this rank's losses."""
    losses = []
    for batch in torch.from_numpy(batches):
        mine = task.part(batch, dist.get_rank(), dist.get_world_size())
        losses.append(_step(_model, _optimizer, mine))
    return np.array(losses)


def part(batch):
    """The rows of a batch that this rank takes."""
    return task.part(torch.from_numpy(batch), dist.get_rank(), dist.get_world_size()).numpy()


def _step(model, optimizer, tokens):
    optimizer.zero_grad()
    logits = model(tokens[:, :-1])
    loss = F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    return loss.item()


def _vector(tensors):
    parts = [each.to_local() if isinstance(each, DTensor) else each for each in tensors]
    return torch.cat([torch.empty(0), *(each.detach().flatten().float() for each in parts)]).numpy()


# --- what it is compared with: one process, the whole model, no FSDP -------------------------------------------------


def layout(sizes):
    """Names and shapes of all parameters, in the model's order."""
    with torch.device("meta"):
        model = llama.Llama(llama.Shape(*sizes))
    return [[name, list(each.shape)] for name, each in model.named_parameters()]


def begin(sizes, seed, options):
    """Build the whole model in one process. Options: see `_arrange`."""
    global _model, _optimizer
    _model = llama.Llama(llama.Shape(*sizes))
    _model.init_weights(seed)
    _optimizer = torch.optim.AdamW(_model.parameters(), lr=task.LEARNING_RATE)
    _arrange(options)


def proceed(batches):
    """Train it on whole batches; answers the losses."""
    return np.array([_step(_model, _optimizer, batch) for batch in torch.from_numpy(batches)])


# --- TODO(2), TODO(1): what happens in a step ------------------------------------------------------------------------


def look(batch):
    """One step on a batch, watched: the collectives, and the most bytes of whole parameters at one time.

    Also the number of parameters that are cut over another mesh than the one given.
    """
    elsewhere = sum(each.device_mesh.mesh_dim_names != (MESH,) for each in _model.parameters())
    with counted() as seen, unsharded(_model) as most:
        _step(_model, _optimizer, torch.from_numpy(batch))
    return {"collectives": seen.summary(), "unsharded": most.summary()["parameters"], "elsewhere": elsewhere}


# --- TODO(6), TODO(7): checkpoints ------------------------------------------------------------------------------------


def save(folder):
    """Save the model and the optimizer."""
    task.save(_model, _optimizer, folder)


def load(folder):
    """Load both."""
    task.load(_model, _optimizer, folder)


def rates():
    """The optimizer's learning rates, one for each group of its parameters."""
    return [float(group["lr"]) for group in _optimizer.param_groups]


# --- TODO(8), and all of it at a scale that is not here ---------------------------------------------------------------


def plan(sizes, ranks):
    """The planned bytes per rank by kind."""
    return {kind: float(size) for kind, size in task.plan(llama.Shape(*sizes), ranks).items()}


def simulate(sizes, ranks):
    """One rank of many trains one step, with tensors that have no data. Answers its bytes by kind, and collectives."""
    with simulated(ranks) as mesh:
        model = _sharded(sizes, mesh)
        with without_data():
            model.to_empty(device="cpu")
            optimizer = torch.optim.AdamW(model.parameters(), lr=task.LEARNING_RATE)
            tokens = torch.zeros(1, 8, dtype=torch.int64)
            with counted() as seen, unsharded(model) as most:
                F.cross_entropy(model(tokens).float().flatten(0, 1), tokens.flatten()).backward()
                optimizer.step()
            counts = {name: entry["count"] for name, entry in seen.summary().items()}
            return by_kind(model, optimizer) | {"collectives": counts, "unsharded": most.summary()}


def weights_at_scale(sizes, ranks):
    """Bytes of the weights on one rank of many."""
    with simulated(ranks) as mesh:
        return by_kind(_sharded(sizes, mesh))["weights"]


def _sharded(sizes, mesh):
    with torch.device("meta"):
        model = llama.Llama(llama.Shape(*sizes))
    model = task.shard(model, mesh, task.precision())
    if not all(each.is_meta for each in model.parameters()):
        raise RuntimeError("shard() gave a model on the meta device values; that is for build() to do")
    return model
