"""Given: what the checks call, TensorFlow. It uses your task_tf.py as train_tf.py does, and disturbs it."""

import contextlib
import faulthandler
import os
import resource
import signal
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf
from train_tf import Run, flat

_ready = {}
"""Runs of timed trainings: tracing a step takes longer than the training, so a process keeps its model."""


# --- through your code -------------------------------------------------------------------------------------------


def device(wanted, gpus):
    """What you choose in a process that sees that many GPUs (0, or 1 that is only said to be there), or your error."""
    import task_tf

    tf.config.list_physical_devices = lambda kind=None: [
        tf.config.PhysicalDevice(f"/physical_device:{name}:0", name)
        for name in ["CPU"] + ["GPU"] * gpus
        if kind in (None, name)
    ]
    tf.config.list_logical_devices = lambda kind=None: [
        tf.config.LogicalDevice(f"/device:{device.device_type}:0", device.device_type)
        for device in tf.config.list_physical_devices(kind)
    ]
    try:
        return {"type": tf.DeviceSpec.from_string(task_tf.choose_device(wanted)).device_type}
    except (Exception, SystemExit) as error:
        return {"error": type(error).__name__, "text": str(error)[:200]}


def places(options):
    """Devices of the variables after a step, where this machine counts as two of them (a self-report)."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    run = Run(**options)
    run.step(*next(run.batches()))
    kinds = {
        "weights": run.model.trainable_variables,
        "dropout's random state": run.model.non_trainable_variables,
        "optimizer state": run.model.optimizer.variables,
    }
    return {kind: sorted({v.value.device.rpartition("device:")[2] for v in some}) for kind, some in kinds.items()}


def train(options, path, every, trouble):
    """Train with your code: losses of this process, weights, and [finished, epoch, position] at the end.

    `trouble`: {}, or what happens in step `step` of this process, counted from 0. "reached", a file: it is made before
    the step, and then the process waits until it is killed. "signal", a number: that signal arrives `during` the
    "forward" pass (when the batch was made) or right after the "optimizer" made its step.
    """
    import task_tf

    faulthandler.unregister(signal.SIGUSR1)  # the grader's; now the signal ends the process, unless you handle it
    run = _Troubled(**options)
    run.trouble = trouble
    finished = task_tf.train(run, Path(path), every)
    return _losses(run), flat(run), np.array([bool(finished), run.epoch, run.position], np.int64)


def prepare(options):
    """Make the run of `train_timed`. Its model is one that this process has trained before, as if it were new."""
    run = Run(**options)
    run.model.optimizer.build(run.model.trainable_variables)
    key = str({**options, "seed": 0})
    traced = _ready.setdefault(key, run)
    for variable, new in zip(_variables(traced.model), _variables(run.model), strict=True):
        variable.assign(new)
    run.model, run.update = traced.model, traced.update
    _ready[key] = _ready["run"] = run


def train_timed(options, path, every):
    """As `train`, with the run that is prepared, and undisturbed."""
    import task_tf

    run = _ready.pop("run")
    finished = task_tf.train(run, Path(path), every)
    return _losses(run), flat(run), np.array([bool(finished), run.epoch, run.position], np.int64)


def save(options, path, steps):
    """Write a checkpoint after so many steps; the weights then."""
    import task_tf

    run = _after(steps, options)
    task_tf.write(task_tf.snapshot(run), Path(path))
    return flat(run)


def save_cut(options, path, steps, full):
    """As `save`, but the write cannot be completed: the process is killed in its middle, or (`full`) the disk is full.

    The kernel does both: from now on no file may become larger than half of the checkpoint that is there.
    """
    import task_tf

    state, half = task_tf.snapshot(_after(steps, options)), Path(path).stat().st_size // 2
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN if full else signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (half, half))
    with contextlib.suppress(Exception):
        task_tf.write(state, Path(path))


def load(options, path):
    """A run that is restored from a checkpoint: its weights, and [epoch, position]."""
    import task_tf

    run = Run(**options)
    with np.load(path) as state:
        task_tf.restore(run, dict(state))
    return flat(run), np.array([run.epoch, run.position], np.int64)


def write_order(options, path):
    """What saving does to which files (a self-report), in order.

    [name of the call, inode of the file, its folder where the call takes a path]
    """
    import task_tf

    state, calls = task_tf.snapshot(_after(0, options)), []

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
        task_tf.write(state, Path(path))
    return calls


def steps_between(cases):
    """Your answer for each [seconds of a step, seconds of a save, mean seconds between failures]."""
    import task_tf

    return [task_tf.steps_between(*case) for case in cases]


# --- what you are compared with ----------------------------------------------------------------------------------


def reference(options, steps, forgotten):
    """The first steps of a training that nothing disturbs and that saves nothing: losses, and weights.

    `forgotten`: {}, or what a restart before step `at` does to the `parts` that nobody restores.
    """
    run = Run(**options)
    run.model.optimizer.build(run.model.trainable_variables)
    new = {variable.path: variable.numpy() for variable in _variables(run.model)}
    batches = run.batches()
    while len(run.losses) < steps:
        if len(run.losses) == forgotten.get("at"):
            _forget(run, new, forgotten["parts"])
        run.step(*next(batches))
    return _losses(run), flat(run)


def _forget(run, new, parts):
    """Leave parts of a run as they are in a new process."""
    lost = [*run.model.non_trainable_variables] if "Keras" in parts else []
    lost += run.model.optimizer.variables if "optimizer" in parts else []
    for variable in lost:
        variable.assign(new[variable.path])
    if "NumPy" in parts:
        run.rng = np.random.default_rng(run.seed)


# --- parts -------------------------------------------------------------------------------------------------------


class _Troubled(Run):
    """A run that is disturbed in one of its steps; see `train`."""

    trouble: ClassVar = {}
    _due = False

    def step(self, inputs, targets):
        self._due = len(self.losses) == self.trouble.get("step")
        if self._due and "reached" in self.trouble:
            Path(self.trouble["reached"]).touch()
            while True:
                time.sleep(1)
        self._disturb("forward")
        super().step(inputs, targets)

    def count(self):
        self._disturb("optimizer")
        super().count()

    def _disturb(self, during):
        if self._due and self.trouble["during"] == during:
            signal.raise_signal(self.trouble["signal"])


def _after(steps, options):
    """A run on which so many steps were made."""
    run = Run(**options)
    batches = run.batches()
    for _ in range(steps):
        run.step(*next(batches))
    return run


def _variables(model):
    return [*model.variables, *model.optimizer.variables]


def _losses(run):
    return np.array(run.losses, np.float32)


def _number(file):
    return file if isinstance(file, int) else file.fileno()
