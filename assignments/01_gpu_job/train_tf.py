"""Given: the training that has to survive, and the program that your job script starts, TensorFlow.

It trains until all epochs are done, or until a signal says that the time is nearly up. Then it exits with CONTINUE, and
your job script has the job queued again:

    python train_tf.py --checkpoint run.npz --device CPU --step-seconds 0.2      # here, and slowly: try Ctrl-C, or kill
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

WIDTH, CLASSES = 32, 10
CONTINUE = 75
"""Exit status of a training that stopped early and wants to go on (EX_TEMPFAIL of sysexits.h)."""


class Run:
    """One training run: what it learns with, and how far it has come. A new one begins at the beginning.

    Random numbers come from two places: dropout has its own in each layer, and noise on the inputs, with whether a
    batch is mirrored, comes from `rng`. The order of the samples follows from the seed and the epoch.
    """

    def __init__(self, seed=0, epochs=8, device="/CPU:0", hidden=64, batch=32, batches_per_epoch=12):
        import task_tf

        keras.utils.set_random_seed(seed)
        teacher = np.random.default_rng(seed)
        self.samples = teacher.standard_normal((batch * batches_per_epoch, WIDTH)).astype(np.float32)
        self.labels = np.argmax(self.samples @ teacher.standard_normal((WIDTH, CLASSES)), axis=-1)
        self.seed, self.epochs, self.batch, self.batches_per_epoch = seed, epochs, batch, batches_per_epoch
        self.device = device
        self.model = task_tf.place(lambda: network(hidden, 3 * batches_per_epoch), device)
        """Compiled. Its optimizer, `model.optimizer`, takes the learning rate from the number of its steps."""
        self.update = update_of(self.model)
        self.rng = np.random.default_rng(seed)
        self.epoch = 0
        """Epochs that are done."""
        self.position = 0
        """Batches of the current epoch that are done."""
        self.losses = []
        """Of the steps that this process made."""

    def batches(self):
        """Yield every batch that is still to come, (inputs, targets), from where the run is now."""
        while self.epoch < self.epochs:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.samples))
            rows = order[self.position * self.batch :][: self.batch]
            inputs = self.samples[rows] + 0.1 * self.rng.standard_normal((len(rows), WIDTH), np.float32)
            yield inputs[:, :: -1 if self.rng.random() < 0.5 else 1], self.labels[rows]

    def step(self, inputs, targets):
        """Train on one batch, and count it."""
        with tf.device(self.device):
            self.losses.append(float(self.update(inputs, targets)))
        self.count()

    def count(self):
        """One batch more is done."""
        self.position += 1
        if self.position == self.batches_per_epoch:
            self.epoch, self.position = self.epoch + 1, 0


def network(hidden, decay_steps):
    """A perceptron with dropout, and its optimizer."""
    model = keras.Sequential([
        keras.Input((WIDTH,)),
        keras.layers.Dense(hidden, activation="gelu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(hidden, activation="gelu"),
        keras.layers.Dense(CLASSES),
    ])
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, decay_steps, 0.5, staircase=True)
    model.compile(keras.optimizers.AdamW(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def update_of(model):
    """One training step as a graph. `model.train_on_batch()` is the same, with more work in Python each time."""

    @tf.function
    def update(inputs, targets):
        with tf.GradientTape() as tape:
            loss = model.loss(targets, model(inputs, training=True))
        model.optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    return update


def flat(run):
    """All weights in one array."""
    return np.concatenate([np.ravel(weight.numpy()) for weight in run.model.trainable_variables])


# --- the program -------------------------------------------------------------------------------------------------


class Logged(Run):
    """A run that tells of its epochs, and whose steps take as long as those of a larger model."""

    pause_s = 0.0

    def step(self, inputs, targets):
        super().step(inputs, targets)
        time.sleep(self.pause_s)
        if self.position == 0:
            print(f"epoch {self.epoch}: loss {self.losses[-1]:.4f}", flush=True)


def main():
    """Train as the command line says; see the top of this file."""
    import task_tf

    parser = argparse.ArgumentParser(description="Trains, and goes on where an earlier job stopped.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--device", default="GPU")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="how long a step takes at least")
    options = parser.parse_args()
    run = Logged(epochs=options.epochs, device=task_tf.choose_device(options.device))
    run.pause_s = options.step_seconds
    # A save of this small model takes a hundredth of a second; a node is taken to fail once in 30 days.
    every = task_tf.steps_between(max(options.step_seconds, 0.01), 0.01, 30 * 86400.0)
    finished = task_tf.train(run, options.checkpoint, every)
    print(f"{len(run.losses)} steps here; now at epoch {run.epoch}, batch {run.position}", flush=True)
    if not finished:
        sys.exit(CONTINUE)
    print(f"finished; SHA-256 of the weights: {hashlib.sha256(flat(run).tobytes()).hexdigest()[:16]}", flush=True)


if __name__ == "__main__":
    main()
