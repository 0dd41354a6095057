"""A small training on one GPU, or on the CPU where there is none: what the scripts one_gpu.sh and array.sh start.

    python -u jobscripts/programs/train.py --seed 3 --out results

Loader workers come from the allocation ($WORKERS, set by the script). Each run writes a file of its own, seed-N.json,
in one step, so that a file that is there is whole.
"""

# ruff: noqa: INP001  a script, no package

import argparse
import json
import os
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FEATURES, CLASSES, SAMPLES = 64, 10, 8192


def arguments() -> argparse.Namespace:
    """The words after the script's name."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WORKERS", "0")), help="(%(default)s)")
    parser.add_argument("--out", type=Path, help="folder of the results; none are written without it")
    return parser.parse_args()


def samples(seed: int) -> TensorDataset:
    """Points with the class of the nearest of ten centres, which are the same for every seed."""
    centres = torch.randn(CLASSES, FEATURES, generator=torch.Generator().manual_seed(0))
    points = torch.randn(SAMPLES, FEATURES, generator=torch.Generator().manual_seed(seed + 1))
    return TensorDataset(points, torch.cdist(points, centres).argmin(dim=1))


def main() -> None:
    """Train, tell, write the result."""
    options = arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(options.seed)
    model = nn.Sequential(nn.Linear(FEATURES, 256), nn.ReLU(), nn.Linear(256, CLASSES)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loader = DataLoader(
        samples(options.seed),
        batch_size=256,
        shuffle=True,
        num_workers=options.workers,
        persistent_workers=options.workers > 0,
        pin_memory=device.type == "cuda",
    )
    print(f"seed {options.seed} on {device}, {options.workers} loader workers", flush=True)
    for epoch in range(options.epochs):
        start, losses = time.perf_counter(), []
        for points, classes in loader:
            loss = nn.functional.cross_entropy(model(points.to(device)), classes.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        mean = torch.stack(losses).mean().item()  # waits for the GPU once an epoch, not once a step
        print(f"epoch {epoch}: loss {mean:.3f}, {SAMPLES / (time.perf_counter() - start):.0f} samples/s", flush=True)
    if options.out:
        write(options.out / f"seed-{options.seed}.json", {"seed": options.seed, "loss": mean})


def write(path: Path, result: dict[str, float]) -> None:
    """Under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(result))
    unfinished.replace(path)


if __name__ == "__main__":
    main()
