"""Given: what the checks call. It uses your task.py as the program in train.py does, and disturbs it."""

import contextlib
import faulthandler
import os
import random
import resource
import signal
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from train import Run, flat

# --- through your code -------------------------------------------------------------------------------------------


def device(wanted, gpus):
    """What you choose in a process that sees that many GPUs (0, or 1 that is only said to be there), or your error."""
    import task

    torch.cuda.is_available = lambda: bool(gpus)
    torch.cuda.device_count = lambda: gpus
    try:
        return {"type": torch.device(task.choose_device(wanted)).type}
    except (Exception, SystemExit) as error:
        return {"error": type(error).__name__, "text": str(error)[:200]}


def places(options):
    """The types of device of all tensors of a step, by what they are (a self-report)."""
    import task

    run = Run(**options)
    inputs, targets = task.fetch(*next(run.batches()), run.device)
    tensors = {
        "parameters": run.model.parameters(),
        "buffers": run.model.buffers(),
        "inputs": [inputs],
        "targets": [targets],
    }
    found = {kind: sorted({tensor.device.type for tensor in some}) for kind, some in tensors.items()}
    if all(types == [run.device.type] for types in found.values()):
        run.step(inputs, targets)
        moments = [m for entry in run.optimizer.state.values() for m in entry.values() if torch.is_tensor(m) and m.ndim]
        found["optimizer state"] = sorted({moment.device.type for moment in moments})
    return found


def train(options, path, every, trouble):
    """Train with your code: losses of this process, weights, and [finished, epoch, position] at the end.

    `trouble`: {}, or what happens in step `step` of this process, counted from 0. "reached", a file: it is made before
    the step, and then the process waits until it is killed. "signal", a number: that signal arrives `during` the
    "forward" pass or right after the "optimizer" made its step.
    """
    import task

    faulthandler.unregister(signal.SIGUSR1)  # the grader's; now the signal ends the process, unless you handle it
    run = _Troubled(**options)
    run.trouble = trouble
    finished = task.train(run, Path(path), every)
    return _losses(run), flat(run), np.array([bool(finished), run.epoch, run.position], np.int64)


def save(options, path, steps):
    """Write a checkpoint after so many steps; the weights then."""
    import task

    run = _after(steps, options)
    task.write(task.snapshot(run), Path(path))
    return flat(run)


def save_cut(options, path, steps, full):
    """As `save`, but the write cannot be completed: the process is killed in its middle, or (`full`) the disk is full.

    The kernel does both: from now on no file may become larger than half of the checkpoint that is there.
    """
    import task

    state, half = task.snapshot(_after(steps, options)), Path(path).stat().st_size // 2
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN if full else signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (half, half))
    with contextlib.suppress(Exception):
        task.write(state, Path(path))


def load(options, path):
    """A run that is restored from a checkpoint: its weights, and [epoch, position]."""
    import task

    run = Run(**options)
    task.restore(run, torch.load(path, map_location="cpu", weights_only=True))
    return flat(run), np.array([run.epoch, run.position], np.int64)


def write_order(options, path):
    """What saving does to which files (a self-report), in order.

    [name of the call, inode of the file, its folder where the call takes a path]
    """
    import task

    state, calls = task.snapshot(_after(1, options)), []

    def watched(name, function):
        def call(*args, **words):
            file = args[0] if args else words.get("src", words.get("fd"))
            by_path = name in ("replace", "rename")
            inode = os.stat(file if by_path else _number(file)).st_ino
            calls.append([name, inode, os.path.dirname(os.path.realpath(os.fsdecode(file))) if by_path else ""])
            return function(*args, **words)

        return call

    with contextlib.ExitStack() as undo:
        for name in {"fsync", "fdatasync", "replace", "rename"} & set(dir(os)):
            undo.callback(setattr, os, name, getattr(os, name))
            setattr(os, name, watched(name, getattr(os, name)))
        task.write(state, Path(path))
    return calls


def steps_between(cases):
    """Your answer for each [seconds of a step, seconds of a save, mean seconds between failures]."""
    import task

    return [task.steps_between(*case) for case in cases]


# --- what you are compared with ----------------------------------------------------------------------------------


def reference(options, steps, forgotten):
    """The first steps of a training that nothing disturbs and that saves nothing: losses, and weights.

    `forgotten`: {}, or what a restart before step `at` does to the `parts` that nobody restores.
    """
    run = Run(**options)
    batches = run.batches()
    while len(run.losses) < steps:
        if len(run.losses) == forgotten.get("at"):
            _forget(run, options, forgotten["parts"])
        run.step(*next(batches))
    return _losses(run), flat(run)


def _forget(run, options, parts):
    """Leave parts of a run as they are in a new process."""
    kept = torch.get_rng_state(), np.random.get_state(), random.getstate()
    new = Run(**options)  # which seeds all three
    if "PyTorch" not in parts:
        torch.set_rng_state(kept[0])
    if "NumPy" not in parts:
        np.random.set_state(kept[1])
    if "Python" not in parts:
        random.setstate(kept[2])
    if "scheduler" in parts:
        run.scheduler.last_epoch = 0
    if "optimizer" in parts:
        run.optimizer.state.clear()
        run.optimizer.param_groups[0]["lr"] = new.optimizer.param_groups[0]["lr"]


# --- parts -------------------------------------------------------------------------------------------------------


class _Troubled(Run):
    """A run that is disturbed in one of its steps; see `train`."""

    trouble: ClassVar = {}

    def step(self, inputs, targets):
        if len(self.losses) != self.trouble.get("step"):
            super().step(inputs, targets)
            return
        if "reached" in self.trouble:
            Path(self.trouble["reached"]).touch()
            while True:
                time.sleep(1)

        def disturb(*_):
            signal.raise_signal(self.trouble["signal"])

        forward = self.trouble["during"] == "forward"
        hook = self.model.register_forward_hook(disturb) if forward else self.optimizer.register_step_post_hook(disturb)
        super().step(inputs, targets)
        hook.remove()


def _after(steps, options):
    """A run on which so many steps were made."""
    run = Run(**options)
    batches, device = run.batches(), next(run.model.parameters()).device
    for _ in range(steps):
        run.step(*(tensor.to(device) for tensor in next(batches)))
    return run


def _losses(run):
    return torch.stack(run.losses).cpu().numpy() if run.losses else np.zeros(0, np.float32)


def _number(file):
    return file if isinstance(file, int) else file.fileno()
