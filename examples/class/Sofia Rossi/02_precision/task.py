"""Assignment 02: train in the precision that the GPU is good at. Edit between the TODO marks; the lesson is README.md.

Every function works as shipped: in float64, slowly, and reading the wrong gauge. Check yourself:  pytest assignments/02
"""

from typing import NamedTuple

import torch
from torch import nn

MAX_NORM = 1.0
"""Gradients are clipped to this norm in every step."""


class Precision(NamedTuple):
    """How to train on one kind of GPU."""

    dtype: torch.dtype
    """Format of the matrix products under autocast."""
    scale: bool
    """Whether the loss has to be scaled."""
    tf32: bool
    """Whether to let the float32 products that are left use TF32."""


def choose(name, capability):
    """The precision for a GPU: `name` as torch.cuda.get_device_name(), `capability` as get_device_capability().

    bfloat16 where the hardware multiplies it as fast as float16, because it needs no loss scaling; else float16.
    """
    # TODO(1): choose by what the hardware has
    # ROCm reports capability (9, 0) for AMD's GPUs, as an H100 does: their names begin with "AMD". Those of
    # the lesson's table have bfloat16, and no TF32. (On the MI100 bfloat16 runs at half the rate; there both count.)
    return Precision(torch.float32, scale=False, tf32=False)
    # END TODO(1)


def forward(model, inputs, targets, dtype):
    """One forward pass with matrix products in `dtype`: (logits, loss). The loss is float32 in any case."""
    # TODO(2): run the model under autocast
    # `dtype` may be torch.float32: then nothing changes. Mind the device: it is where `inputs` are.
    logits = model(inputs)
    loss = nn.functional.cross_entropy(logits, targets)
    # END TODO(2)
    return logits, loss


def update(loss, model, optimizer, scaler):
    """One optimizer step from a loss. `scaler` is a torch.amp.GradScaler; where none is needed it does nothing."""
    # TODO(3): scale the loss, and take the scale out again before the gradients are clipped
    # Four calls of the scaler, in the right order. A step whose gradients overflow must change nothing.
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    # END TODO(3)


def train(model, optimizer, scaler, batches, dtype):
    """Train on a list of batches, (inputs, targets) as NumPy arrays; returns the losses of the steps."""
    device = next(model.parameters()).device
    losses = []
    # TODO(4): float32 data for float32 weights, and no waiting for the loss
    # The arrays are float64, as NumPy makes them. Casting the model to match works, and halves the speed of a
    # CPU; an A40 has 1/64 of its float32 rate left. And a GPU that has to tell its loss after every step
    # cannot be sent the next one meanwhile: keep the tensor, without its graph.
    model.double()
    for inputs, targets in batches:
        inputs, targets = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
        optimizer.zero_grad()
        _, loss = forward(model, inputs, targets, dtype)
        update(loss, model, optimizer, scaler)
        losses.append(loss.item())
    # END TODO(4)
    return losses


def set_tf32(wanted):
    """Let float32 matrix products use TF32 from now on, or not."""
    # TODO(5): the switch for TF32
    # As shipped nothing happens, and PyTorch's default is to round nothing.
    # END TODO(5)


def padded(size):
    """The next multiple of 8 that is not below `size`: a vocabulary of 50257 becomes 50264."""
    # TODO(6): shapes that fill the units
    return size
    # END TODO(6)


def share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util):
    """The part of a GPU's peak rate that a training reaches, 0 to 1; None where the GPU has no such unit.

    `peaks`: TFLOP/s by arithmetic, a row of the lesson's table: {"float32": 19.5, "tfloat32": 156, ...}, None where
    there is no unit. `parameters`: of a dense network, each used once per sample. `gpu_util`: percent, as nvtop shows.
    """
    # TODO(7): what part of the peak is that
    # A training step costs 6 operations per parameter and sample: 2 forward, 4 backward.
    return gpu_util / 100
    # END TODO(7)
