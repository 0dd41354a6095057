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
    c = config
    q = c.hidden_size * c.num_attention_heads * c.head_dim
    kv = c.hidden_size * c.num_key_value_heads * c.head_dim
    norms = 2 * c.hidden_size
    block = 2 * q + 2 * kv + 3 * c.hidden_size * c.intermediate_size + norms
    total = c.num_hidden_layers * block + c.hidden_size
    total += c.vocab_size * c.hidden_size
    if not c.tie_word_embeddings:
        total += c.vocab_size * c.hidden_size
    return total * bytes_per_element
    # END TODO(1)


def cache_bytes(config, prompts, tokens, bytes_per_element):
    """Bytes of the KV cache: for `prompts` texts of `tokens` tokens each, prompt and answer together."""
    # TODO(2): count the cache
    per_token = 2 * config.num_attention_heads * config.head_dim * config.num_hidden_layers
    return per_token * prompts * tokens * bytes_per_element
    # END TODO(2)


def tp_plan(config):
    """How the weights are divided over the ranks: {name of a module: ColwiseParallel() or RowwiseParallel()}.

    In a name, * stands for any number: "model.layers.*.mlp.up_proj". Used for models of every size.
    """
    # TODO(3): which matrix is cut which way
    col, row = ColwiseParallel, RowwiseParallel
    layer = "model.layers.*."
    return {
        "model.embed_tokens": row(input_layouts=Replicate()),
        layer + "self_attn.q_proj": col(),
        layer + "self_attn.k_proj": col(),
        layer + "self_attn.v_proj": col(),
        layer + "self_attn.o_proj": row(),
        layer + "mlp.gate_proj": col(),
        layer + "mlp.up_proj": col(),
        layer + "mlp.down_proj": row(),
        "lm_head": col(output_layouts=Replicate()),
    }
    # END TODO(3)


def load(folder, mesh):
    """The model of a checkpoint, divided over the ranks of `mesh` as tp_plan says."""
    # TODO(4): each rank reads its own part
    # As shipped every rank makes the whole model, then keeps a part of it. llama.py has what you need:
    # skeleton(), files(), put(), device().
    model = LlamaForCausalLM.from_pretrained(folder, dtype="auto")
    parallelize_module(model, mesh, tp_plan(model.config))
    return model.eval().to(llama.device(mesh))
    # END TODO(4)


def generate(model, ids, new_tokens):
    """The most likely continuation: ids (prompts, tokens) in, the new tokens (prompts, new_tokens) out."""
    # TODO(5): compute each token once
    # As shipped every step runs the model over the whole text again.
    text = ids
    with torch.no_grad():
        for _ in range(new_tokens):
            logits = model(text, use_cache=False).logits[:, -1]
            text = torch.cat([text, logits.argmax(dim=-1, keepdim=True)], dim=1)
    return text[:, ids.shape[1] :]
    # END TODO(5)


def share(count, rank, ranks):
    """What one of several ranks gets of `count` things in a row (layers, or requests): a range of their numbers."""
    # TODO(6): divide without a remainder
    each, left = divmod(count, ranks)
    start = rank * each + min(rank, left)
    return range(start, start + each + (rank < left))
    # END TODO(6)


def run_stage(stage, ids, rank, ranks):
    """One forward pass through a pipeline: the logits on the last rank, None on the others.

    `stage` is a llama.Stage with the layers that share() gives to this rank.
    """
    # TODO(7): pass it on
    # As shipped it needs a stage that has all layers.
    hidden = stage.layers(stage.embed(ids))
    return stage.head(hidden)
    # END TODO(7)


def decode_rate(stamps, prompts, new_tokens, rank_bytes, bandwidth):
    """How fast a generation was: (tokens per second of decoding, the share of what the memory allows).

    `stamps`, in seconds on one clock: "start" of the program, "loaded", "first" when every prompt had its first new
    token, "last" when it had `new_tokens`. `rank_bytes`: weights and cache on one rank, which each step of decoding
    reads once. `bandwidth`: of one rank's memory, in bytes per second.
    """
    # TODO(8): what is counted, and what is possible
    return prompts * new_tokens / (stamps["last"] - stamps["start"]), 1.0
    # END TODO(8)
