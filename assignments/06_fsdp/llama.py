"""Given: a Llama-like language model in plain PyTorch. It knows nothing of ranks."""

from typing import NamedTuple

import torch
from torch import nn
from torch.distributed.tensor import DTensor
from torch.nn import functional as F


class Shape(NamedTuple):
    """The sizes of a model. The defaults are those of Llama 3 70B (Grattafiori et al., 2024)."""

    layers: int = 80
    hidden: int = 8192
    ffn: int = 28672
    heads: int = 64
    kv_heads: int = 8
    vocabulary: int = 128256

    @property
    def block_parameters(self):
        """Parameters of one block: attention's q, k, v and o, the three matrices of the MLP, two norms."""
        kv = self.hidden * self.kv_heads // self.heads
        return 2 * self.hidden * self.hidden + 2 * self.hidden * kv + 3 * self.hidden * self.ffn + 2 * self.hidden

    @property
    def root_parameters(self):
        """Parameters outside of all blocks: the embedding, the output layer, the last norm."""
        return 2 * self.vocabulary * self.hidden + self.hidden


class Attention(nn.Module):
    """Causal attention with rotary positions; several heads share a key and a value."""

    def __init__(self, shape):
        super().__init__()
        self.size = shape.hidden // shape.heads
        self.q = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.k = nn.Linear(shape.hidden, shape.kv_heads * self.size, bias=False)
        self.v = nn.Linear(shape.hidden, shape.kv_heads * self.size, bias=False)
        self.o = nn.Linear(shape.hidden, shape.hidden, bias=False)

    def forward(self, x_BTD, turn):
        q, k, v = (each(x_BTD).unflatten(-1, (-1, self.size)).transpose(1, 2) for each in (self.q, self.k, self.v))
        share = q.shape[1] // k.shape[1]
        k, v = (rotated.repeat_interleave(share, dim=1) for rotated in (rotate(k, turn), v))
        mixed = F.scaled_dot_product_attention(rotate(q, turn), k, v, is_causal=True)
        return self.o(mixed.transpose(1, 2).flatten(2))


def rotate(x_BHTS, turn):
    """Turn pairs of numbers by an angle that grows with the position (RoPE, Su et al., 2021)."""
    cos, sin = (each[: x_BHTS.shape[2]].to(x_BHTS.dtype) for each in turn)
    left, right = x_BHTS.chunk(2, dim=-1)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1)


class MLP(nn.Module):
    """SwiGLU."""

    def __init__(self, shape):
        super().__init__()
        self.gate = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.up = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.hidden, bias=False)

    def forward(self, x_BTD):
        return self.down(F.silu(self.gate(x_BTD)) * self.up(x_BTD))


class Block(nn.Module):
    """Attention, then the MLP, each beside a path that leaves the input as it is."""

    def __init__(self, shape):
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.hidden, eps=1e-5)
        self.attention = Attention(shape)
        self.mlp_norm = nn.RMSNorm(shape.hidden, eps=1e-5)
        self.mlp = MLP(shape)

    def forward(self, x_BTD, turn):
        x_BTD = x_BTD + self.attention(self.attention_norm(x_BTD), turn)
        return x_BTD + self.mlp(self.mlp_norm(x_BTD))


class Llama(nn.Module):
    """Tokens to logits. `blocks` is what it consists of, apart from the embedding, the last norm and the head."""

    POSITIONS = 512

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.hidden, eps=1e-5)
        self.head = nn.Linear(shape.hidden, shape.vocabulary, bias=False)
        size = shape.hidden // shape.heads
        self.register_buffer("cos", torch.empty(self.POSITIONS, size // 2), persistent=False)
        self.register_buffer("sin", torch.empty(self.POSITIONS, size // 2), persistent=False)

    def forward(self, tokens_BT):
        x_BTD = self.embedding(tokens_BT)
        for block in self.blocks:
            x_BTD = block(x_BTD, (self.cos, self.sin))
        return self.head(self.norm(x_BTD))

    @torch.no_grad()
    def init_weights(self, seed):
        """Give every parameter and buffer its first value, whether the model is whole or sharded.

        Each row of a matrix has a seed of its own, so a rank can make its rows alone, and the model is the same for
        every number of ranks. (On GPUs, DTensor's own random numbers do that for `nn.init`; on CPUs they do not.)
        """
        for number, parameter in enumerate(self.parameters()):
            if parameter.dim() == 1:
                parameter.fill_(1.0)
            elif not parameter.is_meta:
                rows, first = _rows(parameter)
                for row, values in enumerate(rows, first):
                    row_seed = torch.Generator().manual_seed(seed + (number << 32) + (row << 8))
                    values.copy_(torch.randn(values.shape, generator=row_seed) * 0.02)
        angles = _angles(self.cos.shape)
        self.cos.copy_(angles.cos())
        self.sin.copy_(angles.sin())


def _rows(parameter):
    """(the rows of a parameter that this rank holds, the number of the first one). Even parts, as FSDP makes them."""
    if not isinstance(parameter, DTensor):
        return parameter, 0
    mesh = parameter.device_mesh
    return parameter.to_local(), mesh.get_local_rank() * -(-parameter.shape[0] // mesh.size())


def _angles(shape):
    positions, pairs = shape
    return torch.outer(torch.arange(positions), 500000.0 ** -(torch.arange(pairs) / pairs))
