"""Assignment 07: serve a language model on several GPUs. Edit between the TODO marks; the lesson is README.md.

Every function works as shipped; on several ranks, each holds and computes everything. A "rank" is a process with a GPU
(here: a core) of its own. Check yourself:  pytest assignments/07
"""

import llama
import torch
import torch.distributed as dist
from safetensors import safe_open
from torch.distributed.tensor import DTensor, Replicate, Shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from transformers import LlamaForCausalLM


def weight_bytes(config, bytes_per_element):
    """Bytes of all weights of a Llama, computed from its configuration (a transformers.LlamaConfig)."""
    # TODO(1): count the weights
    # As shipped: the rule of thumb for GPT-2, whose layers look different. A head has config.head_dim numbers, and
    # tie_word_embeddings says whether the output layer is the embedding once more.
    hidden, heads = config.hidden_size, config.num_attention_heads + config.num_key_value_heads
    attention = 2 * hidden * heads * config.head_dim  # q and o have all heads, k and v the KV heads
    mlp = 3 * hidden * config.intermediate_size
    layer = attention + mlp + 2 * hidden  # two norms
    embeddings = (1 if config.tie_word_embeddings else 2) * config.vocab_size * hidden
    return (config.num_hidden_layers * layer + embeddings + hidden) * bytes_per_element
    # END TODO(1)


def cache_bytes(config, prompts, tokens, bytes_per_element):
    """Bytes of the KV cache: for `prompts` texts of `tokens` tokens each, prompt and answer together."""
    # TODO(2): count the cache
    keys = config.num_hidden_layers * config.num_key_value_heads * config.head_dim * prompts * tokens
    return 2 * keys * bytes_per_element  # and as many values
    # END TODO(2)


def tp_plan(config):
    """How the weights are divided over the ranks: {name of a module: ColwiseParallel() or RowwiseParallel()}.

    In a name, * stands for any number: "model.layers.*.mlp.up_proj". Used for models of every size.
    """
    # TODO(3): which matrix is cut which way
    # After attention and after the MLP the ranks add up what each has, once, and not in between. The embedding and
    # the output layer are large matrices too: every rank is given all tokens, and has to end with all logits.
    plan = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    for name in ("self_attn.o_proj", "mlp.down_proj"):
        plan[f"model.layers.*.{name}"] = RowwiseParallel()
    return plan
    # END TODO(3)


def load(folder, mesh):
    """The model of a checkpoint, divided over the ranks of `mesh` as tp_plan says."""
    # TODO(4): each rank reads its own part
    # As shipped every rank makes the whole model, then keeps a part of it. llama.py has what you need:
    # skeleton(), files(), put(), device().
    device, files = llama.device(mesh), llama.files(folder)
    model = llama.skeleton(folder, device)
    parallelize_module(model, mesh, tp_plan(model.config))
    for name, weight in list(model.named_parameters()):
        with safe_open(files[name], "pt") as file:
            stored = file.get_slice(name)
            if isinstance(weight, DTensor) and isinstance(weight.placements[0], Shard):
                dim = weight.placements[0].dim
                part = weight.shape[dim] // mesh.size()
                first = part * mesh.get_local_rank()
                mine = stored[first : first + part] if dim == 0 else stored[:, first : first + part]
                # A copy: what a slice gives is a view of the file, which would stay mapped.
                local = mine.clone(memory_format=torch.contiguous_format).to(device)
                llama.put(model, name, DTensor.from_local(local, mesh, weight.placements, run_check=False))
            else:
                llama.put(model, name, stored[:].clone().to(device))
    return model
    # END TODO(4)


def generate(model, ids, new_tokens):
    """The most likely continuation: ids (prompts, tokens) in, the new tokens (prompts, new_tokens) out."""
    # TODO(5): compute each token once
    # As shipped every step runs the model over the whole text again.
    new, cache, inputs = [], None, ids
    with torch.no_grad():
        for _ in range(new_tokens):
            answer = model(inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
            inputs, cache = answer.logits[:, -1].argmax(dim=-1, keepdim=True), answer.past_key_values
            new.append(inputs)
    return torch.cat(new, dim=1)
    # END TODO(5)


def share(count, rank, ranks):
    """What one of several ranks gets of `count` things in a row (layers, or requests): a range of their numbers."""
    # TODO(6): divide without a remainder
    return range(count * rank // ranks, count * (rank + 1) // ranks)
    # END TODO(6)


def run_stage(stage, ids, rank, ranks):
    """One forward pass through a pipeline: the logits on the last rank, None on the others.

    `stage` is a llama.Stage with the layers that share() gives to this rank.
    """
    # TODO(7): pass it on
    # As shipped it needs a stage that has all layers.
    if rank == 0:
        hidden = stage.embed(ids)
    else:
        hidden = stage.room(ids)
        dist.recv(hidden, src=rank - 1)
    hidden = stage.layers(hidden)
    if rank == ranks - 1:
        return stage.head(hidden)
    dist.send(hidden.contiguous(), dst=rank + 1)
    return None
    # END TODO(7)


def decode_rate(stamps, prompts, new_tokens, rank_bytes, bandwidth):
    """How fast a generation was: (tokens per second of decoding, the share of what the memory allows).

    `stamps`, in seconds on one clock: "start" of the program, "loaded", "first" when every prompt had its first new
    token, "last" when it had `new_tokens`. `rank_bytes`: weights and cache on one rank, which each step of decoding
    reads once. `bandwidth`: of one rank's memory, in bytes per second.
    """
    # TODO(8): what is counted, and what is possible
    seconds = stamps["last"] - stamps["first"]
    steps = new_tokens - 1  # the first token comes from reading the prompt
    possible = bandwidth / rank_bytes  # steps per second
    return prompts * steps / seconds, steps / seconds / possible
    # END TODO(8)
