"""Given: the training that has to survive, and the program that your job script starts.

It trains until all epochs are done, or until a signal says that the time is nearly up. Then it exits with CONTINUE, and
your job script has the job queued again:

    python train.py --checkpoint run.pt --device cpu --step-seconds 0.2      # here, and slowly: try Ctrl-C, or kill
"""

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

WIDTH, CLASSES = 32, 10
CONTINUE = 75
"""Exit status of a training that stopped early and wants to go on (EX_TEMPFAIL of sysexits.h)."""


class Network(nn.Module):
    """A perceptron with dropout; `scale` is a buffer: it moves with the model, and is no parameter."""

    def __init__(self, hidden):
        super().__init__()
        self.register_buffer("scale", torch.full((WIDTH,), 0.5))
        self.layers = nn.Sequential(
            nn.Linear(WIDTH, hidden), nn.GELU(), nn.Dropout(0.2), nn.Linear(hidden, hidden), nn.GELU(),
            nn.Linear(hidden, CLASSES),
        )

    def forward(self, x):
        return self.layers(x * self.scale)


class Run:
    """One training run: what it learns with, and how far it has come. A new one begins at the beginning.

    Random numbers come from three generators: dropout uses PyTorch's, noise on the inputs NumPy's, and whether a batch
    is mirrored is decided by Python's. The order of the samples follows from the seed and the epoch.
    """

    def __init__(self, seed=0, epochs=8, device="cpu", hidden=64, batch=32, batches_per_epoch=12):
        import task

        torch.manual_seed(seed)  # of all devices
        np.random.seed(seed)  # the generator that most training code uses
        random.seed(seed)
        teacher = np.random.default_rng(seed)
        self.samples = teacher.standard_normal((batch * batches_per_epoch, WIDTH)).astype(np.float32)
        self.labels = np.argmax(self.samples @ teacher.standard_normal((WIDTH, CLASSES)), axis=-1)
        self.seed, self.epochs, self.batch, self.batches_per_epoch = seed, epochs, batch, batches_per_epoch
        self.device = torch.device(device)
        self.model = task.place(Network(hidden), self.device)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=3e-3)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=3, gamma=0.5)
        self.epoch = 0
        """Epochs that are done."""
        self.position = 0
        """Batches of the current epoch that are done."""
        self.losses = []
        """Of the steps that this process made."""

    def batches(self):
        """Yield every batch that is still to come, (inputs, targets) on the CPU, from where the run is now."""
        while self.epoch < self.epochs:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.samples))
            rows = order[self.position * self.batch :][: self.batch]
            inputs = self.samples[rows] + 0.1 * np.random.standard_normal((len(rows), WIDTH))
            if random.random() < 0.5:
                inputs = inputs[:, ::-1]
            yield torch.tensor(inputs.copy(), dtype=torch.float32), torch.from_numpy(self.labels[rows])

    def step(self, inputs, targets):
        """Train on one batch, and count it."""
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(inputs), targets)
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.detach())
        self.position += 1
        if self.position == self.batches_per_epoch:
            self.epoch, self.position = self.epoch + 1, 0
            self.scheduler.step()


def flat(run):
    """All weights in one array."""
    return torch.cat([weight.detach().cpu().reshape(-1) for weight in run.model.parameters()]).numpy()


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
    import task

    parser = argparse.ArgumentParser(description="Trains, and goes on where an earlier job stopped.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--step-seconds", type=float, default=0.0, help="how long a step takes at least")
    options = parser.parse_args()
    run = Logged(epochs=options.epochs, device=task.choose_device(options.device))
    run.pause_s = options.step_seconds
    # A save of this small model takes a hundredth of a second; a node is taken to fail once in 30 days.
    every = task.steps_between(max(options.step_seconds, 0.01), 0.01, 30 * 86400.0)
    finished = task.train(run, options.checkpoint, every)
    print(f"{len(run.losses)} steps here; now at epoch {run.epoch}, batch {run.position}", flush=True)
    if not finished:
        sys.exit(CONTINUE)
    print(f"finished; SHA-256 of the weights: {hashlib.sha256(flat(run).tobytes()).hexdigest()[:16]}", flush=True)


if __name__ == "__main__":
    main()
