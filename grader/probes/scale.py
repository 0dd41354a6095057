"""A model at a scale that is not there: one rank of a thousand, with tensors that have a shape and no data.

    with simulated(world_size=1024) as mesh:
        model = shard(Llama(layers=80), mesh)      # 70e9 parameters on the meta device: two seconds
        with without_data():
            model.to_empty(device="cpu")
            with unsharded(model) as peak:
                model(tokens).sum().backward()
            optimizer.step()
        by_kind(model, optimizer)                  # bytes of this rank
        peak.summary()

The process group is torch's `fake` backend: collectives return at once and move nothing. What is true of every rank's
memory and messages is then seen on one, without the ranks; what depends on values or on time is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

with suppress(ImportError):  # torch 2.7: collectives on FakeTensors; newer ones bring them with the fake group
    import_module("torch.distributed._tools.fake_collectives")


@contextmanager
def simulated(world_size: int, rank: int = 0) -> Iterator[DeviceMesh]:
    """Be one rank of a fake process group; gives the mesh of all ranks. No other process group may be there.

    Build and shard on the meta device here: cutting FakeTensors in 1024 takes twenty times as long.
    """
    dist.init_process_group("fake", store=FakeStore(), rank=rank, world_size=world_size)
    try:
        yield init_device_mesh("cpu", (world_size,))
    finally:
        dist.destroy_process_group()


@contextmanager
def without_data() -> Iterator[None]:
    """Make FakeTensors: they have a shape, a dtype and a device, and take no memory.

    A device mesh cannot be made in here, since it reads the numbers of its ranks.
    """
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


# --- what a rank keeps ----------------------------------------------------------------------------------------------


def local_bytes(tensors: Iterable[Any]) -> int:
    """Bytes of tensors on this rank alone: of a DTensor its shard, of an ordinary tensor all. Others count nothing."""
    return sum(_local(each).nbytes for each in tensors if isinstance(each, torch.Tensor))


def by_kind(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> dict[str, int]:
    """Bytes on this rank of the weights, of the gradients that are there, and of the optimizer's state."""
    parameters = list(model.parameters())
    return {
        "weights": local_bytes(parameters),
        "gradients": local_bytes(each.grad for each in parameters),
        "optimizer": local_bytes(tree_leaves(list(optimizer.state.values()))) if optimizer else 0,
    }


def _local(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


# --- what a rank holds for a moment ---------------------------------------------------------------------------------


class Unsharded(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks, before every operator, how much of a model is there in full size.

    FSDP2 gathers a module's parameters before it runs and puts them back afterwards. Between the two the module's
    parameters are ordinary tensors instead of DTensors: these are counted, and the gradients that they have so far.
    A parameter that is never sharded counts always. The buffers of the collectives are not looked at.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._modules = list(model.modules())
        self._peak = dict.fromkeys(("parameters", "gradients", "together"), 0)

    def summary(self) -> dict[str, int]:
        """The largest number of bytes seen: of full parameters, of their full gradients, of both at one time."""
        return dict(self._peak)

    def look(self) -> None:
        """Count what is there now."""
        held = (each for module in self._modules for each in module.parameters(recurse=False))
        full = {id(each): each for each in held if not isinstance(each, DTensor)}.values()
        parameters = sum(each.nbytes for each in full)
        gradients = sum(each.grad.nbytes for each in full if each.grad is not None)
        now = {"parameters": parameters, "gradients": gradients, "together": parameters + gradients}
        self._peak = {kind: max(most, now[kind]) for kind, most in self._peak.items()}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Look, then run the operator."""
        self.look()
        return func(*args, **(kwargs or {}))


@contextmanager
def unsharded(model: nn.Module) -> Iterator[Unsharded]:
    """Watch a model for parameters in full size while the code inside runs it."""
    with Unsharded(model) as peak:
        yield peak
        peak.look()
