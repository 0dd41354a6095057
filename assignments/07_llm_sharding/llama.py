"""Given: a Llama without its weights, where a checkpoint keeps them, and the stages of a pipeline."""

import json
import os
from pathlib import Path

import huggingface_hub.constants
import torch
from safetensors import safe_open
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

huggingface_hub.constants.HF_HUB_OFFLINE = True  # weights come from a folder; a job never waits for a download

INDEX = "model.safetensors.index.json"


def device(mesh):
    """Where this rank computes: the GPU with the number of its local rank, or the CPU."""
    return torch.device("cuda", int(os.environ["LOCAL_RANK"])) if mesh.device_type == "cuda" else torch.device("cpu")


def skeleton(config, where="cpu"):
    """The model that a configuration describes (or the one in a folder), ready for its weights.

    Its weights are on the meta device: they have a shape and a dtype, and take no memory. The angles of the positions
    are in no checkpoint: they are computed here, on the device `where`.
    """
    if not isinstance(config, LlamaConfig):
        config = LlamaConfig.from_pretrained(config)
    if config.tie_word_embeddings:
        raise ValueError("its output layer is its embedding (tie_word_embeddings); take one with both, 8B or larger")
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model.to(dtype_of(config))
    model.model.rotary_emb = LlamaRotaryEmbedding(config).to(where)
    return model.eval()


def dtype_of(config):
    """The format in which a checkpoint keeps its weights."""
    return getattr(config, "dtype", None) or getattr(config, "torch_dtype", None) or torch.float32


def files(folder):
    """{name of a tensor: path of the file that holds it}, as the checkpoint's index says."""
    index = Path(folder, INDEX)
    if index.exists():
        names = json.loads(index.read_text())["weight_map"]
        return {name: str(Path(folder, file)) for name, file in names.items()}
    with safe_open(str(Path(folder, "model.safetensors")), "pt") as file:  # a small model in one file
        return dict.fromkeys(file.keys(), str(Path(folder, "model.safetensors")))


def put(model, name, tensor):
    """Make `tensor` (ordinary or DTensor) the weight `name` of the model."""
    owner, _, last = name.rpartition(".")
    setattr(model.get_submodule(owner), last, nn.Parameter(tensor, requires_grad=False))


class Stage:
    """Some of the layers of a checkpoint: one stage of a pipeline. It holds no other layer.

    The stage with layer 0 also has the embedding, the stage with the last layer the output layer.
    """

    def __init__(self, folder, numbers, where="cpu"):
        model = skeleton(folder, where)
        self._dtype, self._hidden = dtype_of(model.config), model.config.hidden_size
        self._where, self._model, self._layers = where, model.model, [model.model.layers[i] for i in numbers]
        parts = [(f"model.layers.{i}.", layer) for i, layer in zip(numbers, self._layers, strict=True)]
        if 0 in numbers:
            parts.append(("model.embed_tokens.", model.model.embed_tokens))
        if model.config.num_hidden_layers - 1 in numbers:
            parts += [("model.norm.", model.model.norm), ("lm_head.", model.lm_head)]
        self._head, self.vocabulary = model.lm_head, model.config.vocab_size
        where_stored = files(folder)
        for prefix, module in parts:
            for name, _ in list(module.named_parameters()):
                with safe_open(where_stored[prefix + name], "pt") as file:
                    put(module, name, file.get_tensor(prefix + name).to(where))

    def embed(self, ids):
        """The vectors of tokens: (prompts, tokens) to (prompts, tokens, hidden). Only where layer 0 is."""
        return self._model.embed_tokens(ids)

    def room(self, ids):
        """An uninitialised tensor of the shape, dtype and device of the vectors between two layers."""
        return torch.empty(*ids.shape, self._hidden, dtype=self._dtype, device=self._where)

    def layers(self, hidden):
        """Run the layers of this stage."""
        positions = torch.arange(hidden.shape[1], device=hidden.device)[None]
        angles = self._model.rotary_emb(hidden, positions)
        for layer in self._layers:
            answer = layer(hidden, position_embeddings=angles, position_ids=positions)
            hidden = answer[0] if isinstance(answer, tuple) else answer
        return hidden

    def head(self, hidden):
        """The logits: (prompts, tokens, vocabulary). Only where the last layer is."""
        return self._head(self._model.norm(hidden))
