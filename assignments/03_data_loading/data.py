"""Given: the data set. Many small image files, as they come from a microscope or a scraper. Needs only numpy.

A folder holds `<name>.img`, one file per sample, and `labels.csv` with a line `name,label` per sample, in no
particular order. An image file is compressed already (as PNG or JPEG are): compressing it again gains nothing.
"""

import csv
import zlib
from pathlib import Path

import numpy as np

SIDE = 96
"""Height and width of an image file in pixels; it has 3 channels."""
INPUT = 32
"""Height and width of what the network gets."""
CLASSES = 10
LABELS = "labels.csv"


def make_files(folder, count, seed, side=SIDE, distinct=None):
    """Write `count` samples and their labels into `folder`; the same seed gives the same files.

    Where a check needs many and looks at none, only the first `distinct` are made and the others are copies of them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    names = [f"sample{i}" for i in rng.permutation(count * 10)[:count]]
    made = min(distinct or count, count)
    labels = rng.integers(0, CLASSES, made)
    images = [encode(_image(rng, int(label), side)) for label in labels]
    labels = labels[np.arange(count) % made]
    for number, name in enumerate(names):
        (folder / f"{name}.img").write_bytes(images[number % made])
    with (folder / LABELS).open("w", newline="") as file:
        csv.writer(file).writerows(zip(names, labels.tolist(), strict=True))


def read_labels(folder):
    """The labels of a folder as a dict: name -> label."""
    with (Path(folder) / LABELS).open(newline="") as file:
        return {name: int(label) for name, label in csv.reader(file)}


def _image(rng, label, side):
    """Noise on a ramp whose slope depends on the label: uint8, (side, side, 3)."""
    ramp = np.linspace(0, 12.0 * (label + 1), side)[:, None, None]
    return (ramp + rng.integers(0, 128, (side, side, 3))).astype(np.uint8)


def encode(image):
    """Bytes of an image file: the side, then rows of differences, compressed (the way of PNG)."""
    rows = np.diff(image, axis=1, prepend=np.uint8(0))
    return len(image).to_bytes(2, "big") + zlib.compress(rows.tobytes(), 1)


def decode(data):
    """The network's input of a file's bytes: float32, (3, INPUT, INPUT), mean 0 and standard deviation 1."""
    side = int.from_bytes(data[:2], "big")
    rows = np.frombuffer(zlib.decompress(data[2:]), np.uint8).reshape(side, side, 3)
    image = np.cumsum(rows, axis=1, dtype=np.uint8).transpose(2, 0, 1).astype(np.float32)
    block = side // INPUT
    small = image.reshape(3, INPUT, block, INPUT, block).mean(axis=(2, 4))
    return (small - small.mean()) / small.std()
