"""Given: what the checks call. It uses your task.py the way a training script would.

A small network, plain SGD, and two trainings of it: `train` goes through your code, `strict` is the FP32 baseline. The
baseline sets its own precision: some container images change PyTorch's defaults.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

CLASSES = 10


class Network(nn.Module):
    """A perceptron with two hidden layers; the same seed gives the same weights."""

    def __init__(self, width, seed, hidden=64, spread=1.0):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.ModuleList([nn.Linear(width, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, CLASSES)])
        with torch.no_grad():
            self.layers[-1].weight *= spread  # a larger spread is a network that is surer of itself

    def forward(self, x):
        first, second, head = self.layers
        return head(nn.functional.gelu(second(nn.functional.gelu(first(x)))))


# --- through your code -------------------------------------------------------------------------------------------


def choose(gpus):
    """Your choice for each (name, capability): [format, whether losses are scaled, whether TF32 is switched on]."""
    import task

    choices = [_precision(task.choose(name, tuple(capability))) for name, capability in gpus]
    return [[str(c.dtype).removeprefix("torch."), bool(c.scale), bool(c.tf32)] for c in choices]


def forward(inputs, targets, options, dtype):
    """One forward pass: the logits, and the loss as a number of its own."""
    import task

    model = _model(inputs.shape[-1], options)
    logits, loss = _pair(
        task.forward(model, torch.from_numpy(inputs), torch.from_numpy(targets), getattr(torch, dtype))
    )
    if changed := {str(w.dtype) for w in model.parameters()} - {"torch.float32"}:
        raise TypeError(f"forward() made the model's weights {changed.pop()}; autocast rounds copies of them")
    return logits.detach().float().numpy(), loss.detach().double().numpy().reshape(1)


def train(inputs, targets, options, dtype):
    """Train on every batch once: the loss of each step, and the weights afterwards.

    inputs: float64, (steps, batch, width); targets: int64, (steps, batch). Options: seed, lr, and where they differ
    from the default hidden, spread, scale (the loss scale to begin with; 0: none), device, tf32, and weights (whether
    they are answered).
    """
    import task

    if "tf32" in options:
        task.set_tf32(options["tf32"])
    model, optimizer, scaler = _trainer(inputs.shape[-1], options)
    losses = _run(task.train, model, optimizer, scaler, zip(inputs, targets, strict=True), dtype)
    return _numbers(losses, len(inputs)), _weights(model, options)


def inspect(inputs, targets, options, dtype):
    """What only this process can tell about a training: a self-report.

    Answers the dtypes of weights and gradients, whether autocast was on during backward, the number of steps, how
    often a number was read back from the device before the last of them, and how many losses still have their graph.
    """
    import task

    model, optimizer, scaler = _trainer(inputs.shape[-1], options)
    under_autocast, gradients, reads_before_step = [], set(), [0]
    device = options.get("device", "cpu")

    def watch(_module, _inputs, output):
        if output.requires_grad:
            output.register_hook(lambda _gradient: under_autocast.append(torch.is_autocast_enabled(device)))

    for layer in model.layers:
        layer.register_forward_hook(watch)
    for weight in model.parameters():
        weight.register_post_accumulate_grad_hook(lambda w: gradients.add(str(w.grad.dtype)))
    optimizer.register_step_post_hook(lambda *_: reads_before_step.append(reads.count))
    with _Reads() as reads:
        losses = _run(task.train, model, optimizer, scaler, zip(inputs, targets, strict=True), dtype)
    losses = losses if isinstance(losses, list) else [losses]
    return {
        "weights": sorted({str(w.dtype) for w in model.parameters()}),
        "gradients": sorted(gradients),
        "autocast_in_backward": any(under_autocast),
        "steps": len(reads_before_step) - 1,
        "reads": reads_before_step[-1],
        "graphs": sum(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses),
    }


def saved_bytes(inputs, targets, options, dtype):
    """Bytes that one forward pass keeps for backward, without the weights themselves (a self-report)."""
    import task

    model = _model(inputs.shape[-1], options)
    own, kept = {w.data_ptr() for w in model.parameters()}, {}

    def pack(tensor):
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        answer = task.forward(model, torch.from_numpy(inputs), torch.from_numpy(targets), getattr(torch, dtype))
    assert answer is not None  # alive until here, so that no address is used twice
    return sum(kept.values())


def tf32_after(wanted):
    """Whether float32 matrix products may use TF32 after your switch (a self-report)."""
    import task

    task.set_tf32(wanted)
    matmul = torch.backends.cuda.matmul
    if hasattr(matmul, "fp32_precision"):  # PyTorch's newer setting; the older question raises where this one was used
        return matmul.fp32_precision == "tf32"
    return torch.get_float32_matmul_precision() != "highest"


def padded(sizes):
    """Your padded sizes."""
    import task

    answers = [task.padded(size) for size in sizes]
    if wrong := [answer for answer in answers if not isinstance(answer, int)]:
        raise TypeError(f"padded() must return an int; found {wrong[0]!r}")
    return answers


def share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util):
    """Your answer to what part of the GPU's peak a training reaches."""
    import task

    return task.share_of_peak(peaks, arithmetic, parameters, samples_per_s, gpu_util)


# --- the baseline ------------------------------------------------------------------------------------------------


def strict(inputs, targets, options):
    """The same training in FP32 and nothing else, with clipped gradients; answers as `train` does."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    model, optimizer, _ = _trainer(inputs.shape[-1], options)
    device, losses = options.get("device", "cpu"), []
    for x, y in zip(inputs, targets, strict=True):
        optimizer.zero_grad()
        x, y = torch.from_numpy(x).to(device, torch.float32), torch.from_numpy(y).to(device)
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), options["max_norm"])
        optimizer.step()
        losses.append(loss.detach())
    return _numbers(losses, len(inputs)), _weights(model, options)


def reference(inputs, options, dtype):
    """Logits of one forward pass with every operand rounded to `dtype` by hand: what mixed precision computes."""
    model = _model(inputs.shape[-1], options)
    x = torch.from_numpy(inputs)
    with torch.no_grad():
        for layer in model.layers:
            x = nn.functional.gelu(x) if layer is not model.layers[0] else x
            operands = (x, layer.weight, layer.bias)
            x = nn.functional.linear(*(t.to(getattr(torch, dtype)) for t in operands))
    return x.float().numpy()


def gain(dtype):
    """Time of a float32 matrix product over that of the same in `dtype`, on one thread of this CPU: the best of 12."""
    seconds = []
    for kind in (torch.float32, getattr(torch, dtype)):
        a, b = torch.randn(512, 512).to(kind), torch.randn(512, 512).to(kind)
        times = []
        for _ in range(12):
            start = time.perf_counter()
            a @ b
            times.append(time.perf_counter() - start)
        seconds.append(min(times))
    return seconds[0] / seconds[1]


# --- parts -------------------------------------------------------------------------------------------------------


class _Reads(TorchDispatchMode):
    """Counts how often a tensor's value is asked for: `.item()`, `float(loss)`, `if loss > 1`."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += str(function) == "aten._local_scalar_dense.default"
        return function(*args, **(kwargs or {}))


def _run(train, model, optimizer, scaler, batches, dtype):
    """Call a task's train(); the error that float64 inputs make is said where they come from."""
    try:
        return train(model, optimizer, scaler, list(batches), getattr(torch, dtype))
    except RuntimeError as error:
        if "Double" not in str(error):
            raise
        raise TypeError("the arrays' float64 met weights of another format; cast the inputs in TODO(4)") from None


def _model(width, options):
    return Network(width, options["seed"], options.get("hidden", 64), options.get("spread", 1.0))


def _trainer(width, options):
    """Model, optimizer and loss scaler; without a loss scale the scaler passes everything through."""
    device, scale = options.get("device", "cpu"), options.get("scale", 0)
    model = _model(width, options).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=options["lr"])
    return model, optimizer, torch.amp.GradScaler(device, init_scale=float(scale or 1), enabled=bool(scale))


def _precision(choice):
    if not all(hasattr(choice, field) for field in ("dtype", "scale", "tf32")):
        raise TypeError(f"choose() must return a Precision(dtype, scale=..., tf32=...); found {choice!r}")
    if not isinstance(choice.dtype, torch.dtype):
        raise TypeError(f"the dtype must be PyTorch's, for example torch.float16; found {choice.dtype!r}")
    return choice


def _pair(answer):
    """The logits and the loss that `forward` answered."""
    if not (isinstance(answer, tuple) and len(answer) == 2 and all(isinstance(part, torch.Tensor) for part in answer)):
        found = [type(part).__name__ for part in answer] if isinstance(answer, tuple) else type(answer).__name__
        raise TypeError(f"forward() must return two tensors, (logits, loss); found {found}")
    if answer[1].numel() != 1:
        raise TypeError(f"the loss must be one number, the mean of the batch; found shape {tuple(answer[1].shape)}")
    return answer


def _numbers(losses, steps):
    """Losses as one float64 array: from a list of numbers or of tensors, or from one tensor."""
    if isinstance(losses, list) and losses:
        losses = torch.stack([torch.as_tensor(loss).detach() for loss in losses])
    if not isinstance(losses, torch.Tensor) or losses.shape != (steps,):
        found = f"shape {tuple(losses.shape)}" if isinstance(losses, torch.Tensor) else repr(losses)
        raise TypeError(f"train() must return the loss of every step, {steps} here; found {found}")
    return losses.detach().double().cpu().numpy()


def _weights(model, options):
    if not options.get("weights", True):
        return np.empty(0, np.float32)
    return torch.cat([w.detach().float().flatten() for w in model.parameters()]).cpu().numpy()


