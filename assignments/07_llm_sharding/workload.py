"""Given: what the checks call, on every rank at once. It uses your task.py the way run.py does on a cluster.

The file goes beyond 300 lines, because it is all that a rank and the trusted side run.
"""

import math
import os
import sys

import llama
import numpy as np
import safetensors
import task
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Shard
from torch.distributed.tensor.parallel import parallelize_module
from transformers import LlamaConfig, LlamaForCausalLM

from grader.probes.collectives import counted
from grader.probes.scale import local_bytes, simulated, without_data

_mesh = None
_model = None
_stage = None


# --- TODO(1), TODO(2), TODO(6), TODO(8): numbers ---------------------------------------------------------------------


def sizes(options, prompts, tokens, bytes_per_element):
    """Your bytes of the weights and of the cache, for a configuration."""
    config = LlamaConfig(**options)
    found = [
        task.weight_bytes(config, bytes_per_element),
        task.cache_bytes(config, prompts, tokens, bytes_per_element),
    ]
    return [_number(value) for value in found]


def shares(cases):
    """Your share() of each (count, ranks), by rank: lists of numbers."""
    return [[[int(i) for i in task.share(count, rank, ranks)] for rank in range(ranks)] for count, ranks in cases]


def decode_rate(*arguments):
    """Your (tokens per second, share of what is possible)."""
    rate, part = task.decode_rate(*arguments)
    return [_number(rate), _number(part)]


# --- TODO(3), TODO(4): a model on several ranks ----------------------------------------------------------------------


def open_model(folder):
    """Load your part of a checkpoint on this rank, in a process group of all ranks."""
    global _mesh, _model
    _join()
    _mesh = _mesh or init_device_mesh("cpu", (dist.get_world_size(),))
    try:
        _model = task.load(folder, _mesh)
    except OSError as error:
        if any(word in str(error).lower() for word in ("offline", "connect", "download")):
            raise OSError("load() wanted to download; a job reads the folder that it is given") from None
        raise


def held():
    """[name, shape, dtype, dimension of the cut] of each weight that this rank holds; of a divided one, its part.

    The dimension is that of a DTensor; None where a weight is whole, or an ordinary tensor.
    """
    items = _model.named_parameters()
    return [[n, list(_local(w).shape), str(w.dtype).removeprefix("torch."), _dimension(w)] for n, w in items]


def planned():
    """{name: dimension along which your plan divides the weight, or None}, on a model without weights."""
    model = llama.skeleton(_model.config)
    parallelize_module(model, _mesh, task.tp_plan(_model.config))
    return {name: _dimension(weight) for name, weight in model.named_parameters()}


def values():
    """All these weights in one vector, in the same order."""
    return torch.cat([_local(weight).detach().flatten().float() for weight in _model.parameters()]).numpy()


def logits(ids):
    """Logits of all tokens of (prompts, tokens)."""
    with torch.no_grad():
        answer = _whole(_run(_model, torch.from_numpy(ids)).logits)
    if answer.shape[-1] < _model.config.vocab_size:
        raise ValueError(
            f"this rank answers {answer.shape[-1]} of {_model.config.vocab_size} logits of a token; each needs all, "
            "so the parts of the output layer's answer have to be gathered"
        )
    if answer.shape[:2] != ids.shape:
        raise ValueError(
            f"{answer.shape[1]} tokens of each prompt went through the model, {ids.shape[1]} were given: often the "
            "embedding took its input as already divided over the ranks (input_layouts)"
        )
    return answer.float().numpy()


def collectives(ids):
    """{collective: {"count", "bytes"}} of one forward pass (a self-report)."""
    with counted() as seen, torch.no_grad():
        _run(_model, torch.from_numpy(ids))
    return seen.summary()


def read_bytes(folder):
    """Bytes of tensors that your load() asks the checkpoint's files for on this rank (a self-report)."""
    true_open, asked = safetensors.safe_open, [0]

    def open_(*arguments, **options):
        return _Counted(true_open(*arguments, **options), asked)

    users = [m for m in sys.modules.values() if getattr(m, "__dict__", {}).get("safe_open") is true_open]
    for module in users:
        module.safe_open = open_
    try:
        open_model(folder)
    finally:
        for module in users:
            module.safe_open = true_open
    return asked[0]


class _Counted:
    """A file of a checkpoint, or a slice of one: passes everything on and adds up the tensors that come out."""

    def __init__(self, true, asked):
        self._true, self._asked = true, asked

    def __enter__(self):
        self._true.__enter__()
        return self

    def __exit__(self, *error):
        return self._true.__exit__(*error)

    def __getattr__(self, name):
        return getattr(self._true, name)

    def get_tensor(self, name):
        return self._count(self._true.get_tensor(name))

    def get_slice(self, name):
        return _Counted(self._true.get_slice(name), self._asked)

    def __getitem__(self, part):
        return self._count(self._true[part])

    def _count(self, tensor):
        self._asked[0] += tensor.numel() * tensor.element_size()
        return tensor


# --- TODO(5): generate -----------------------------------------------------------------------------------------------


def generate(ids, new_tokens):
    """Your new tokens for each prompt, on this rank."""
    answer = task.generate(_model, torch.from_numpy(ids), new_tokens)
    if not isinstance(answer, torch.Tensor) or answer.ndim != 2:
        raise TypeError(f"generate() must return a tensor (prompts, new tokens); found {_kind(answer)}")
    return answer.long().numpy()


# --- TODO(7): a pipeline ---------------------------------------------------------------------------------------------


def open_stage(folder):
    """Load the layers that your share() gives to this rank; answers their numbers."""
    global _stage
    _join()
    layers = LlamaConfig.from_pretrained(folder).num_hidden_layers
    mine = task.share(layers, dist.get_rank(), dist.get_world_size())
    _stage = llama.Stage(folder, mine)
    return [int(i) for i in mine]


def run_stage(ids):
    """One forward pass through all stages: the logits where they are, else no rows."""
    with torch.no_grad():
        answer = task.run_stage(_stage, torch.from_numpy(ids), dist.get_rank(), dist.get_world_size())
    if answer is None:
        return np.empty((0, ids.shape[1], _stage.vocabulary), np.float32)
    return answer.float().numpy()


# --- a model that does not fit here ----------------------------------------------------------------------------------


def scale(options, ranks, rank, tokens):
    """Bytes of one of `ranks` ranks with your plan, without any weight in memory: of weights, of cache per token.

    The cache is that of a forward pass of `tokens` tokens, where there are any (all self-reported).
    """
    config = LlamaConfig(**options)
    with simulated(ranks, rank) as mesh:
        model = llama.skeleton(config)
        parallelize_module(model, mesh, task.tp_plan(config))
        weights = local_bytes(model.parameters())
        if not tokens:
            return {"weights": weights}
        with without_data(), torch.no_grad():
            model.to_empty(device="cpu")
            answer = _run(model, torch.zeros(1, tokens, dtype=torch.int64))
            cache = answer.past_key_values
            kept = [t for i in range(len(cache)) for t in _layer(cache, i)]
        return {"weights": weights, "cache": local_bytes(kept) / tokens}


def _layer(cache, i):
    """Keys and values of one layer."""
    return (cache.layers[i].keys, cache.layers[i].values) if hasattr(cache, "layers") else cache[i]


# --- the trusted side ------------------------------------------------------------------------------------------------


def write(options, seed, shard):
    """Make a checkpoint from a seed, in files of at most `shard` bytes; answers its folder."""
    config = LlamaConfig(**options)
    model, generator = llama.skeleton(config), torch.Generator().manual_seed(seed)
    for name, weight in list(model.named_parameters()):
        numbers = torch.randn(weight.shape, generator=generator).mul_(config.initializer_range)
        llama.put(model, name, (numbers if weight.ndim > 1 else 1 + numbers).to(weight.dtype))
    folder = os.path.join(os.getcwd(), f"checkpoint-{seed}")
    model.save_pretrained(folder, max_shard_size=shard)
    for file in os.scandir(folder):
        os.chmod(file.path, 0o644)  # safetensors writes for its own user only
    return folder


def count(options):
    """Weights of a configuration, counted on the model itself."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in LlamaForCausalLM(LlamaConfig(**options)).parameters())


def open_reference(folder):
    """Load a whole checkpoint; answers [name, shape] of each weight."""
    global _model
    _model = LlamaForCausalLM.from_pretrained(folder, dtype="auto").eval()
    return [[name, list(weight.shape)] for name, weight in _model.named_parameters()]


def reference_tokens(ids, new_tokens):
    """The new tokens as transformers generates them, and by how much each beat the second best logit."""
    answer = _model.generate(
        torch.from_numpy(ids),
        attention_mask=torch.ones(ids.shape, dtype=torch.int64),
        max_new_tokens=new_tokens,
        do_sample=False,
        eos_token_id=None,
        return_dict_in_generate=True,
        output_logits=True,
    )
    best = torch.stack(answer.logits, dim=1).float().topk(2, dim=-1).values
    return answer.sequences[:, ids.shape[1] :].numpy(), (best[..., 0] - best[..., 1]).numpy()


# --- parts -----------------------------------------------------------------------------------------------------------


def _join():
    if not dist.is_initialized():
        dist.init_process_group("gloo")


def _run(model, ids):
    """A forward pass; parts of matrices that do not fit together are said as what they are."""
    try:
        return model(ids, use_cache=True)
    except RuntimeError as error:
        if not any(word in str(error) for word in ("size", "shape", "mat1", "reduction dim")):
            raise
        text = " ".join(str(error).split())[:120]
        raise ValueError(
            "what one matrix cuts by columns the next has to cut by rows, and q, k and v have to be divided alike, by "
            f"whole heads: here the parts of two matrices do not fit together ({text})"
        ) from None


def _whole(tensor):
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _dimension(weight):
    placements = weight.placements if isinstance(weight, DTensor) else []
    return next((each.dim for each in placements if isinstance(each, Shard)), None)


def _local(tensor):
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _number(value):
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"a number was expected, found {_kind(value)}")
    return value


def _kind(value):
    return f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else repr(value)[:60]
