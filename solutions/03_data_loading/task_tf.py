"""Assignment 03: read many small files fast, TensorFlow. Edit between the TODO marks only; the lesson is README.md.

Every function works as shipped, slowly. Check yourself at any time:  pytest assignments/03/test_tf.py
"""

import os
import random
import shutil
from pathlib import Path

import tensorflow as tf
from data import INPUT, read_labels
from data_tf import decode, decode_in_python

SHARDS = 4
"""How many packed files there are; at most 8."""


def opens_per_epoch(samples, epochs):
    """How many files do the first `epochs` epochs open: (as shipped, packed)?

    Count from building the loader to the end of the last of these epochs, the labels included.
    """
    # TODO(1): count the file opens of some epochs
    before = 1 + samples * epochs  # the labels once, each image in each epoch
    after = SHARDS * epochs  # an epoch begins with opening every shard
    # END TODO(1)
    return before, after


def pack(source, packed):
    """Turn the files of the folder `source` into a few large ones in the empty folder `packed`. Runs once."""
    # TODO(2): pack the samples into few files
    labels = read_labels(source)
    for shard in range(SHARDS):
        with tf.io.TFRecordWriter(str(packed / f"images-{shard}-of-{SHARDS}.tfrecord")) as writer:
            for name in list(labels)[shard::SHARDS]:
                image = tf.train.BytesList(value=[(source / f"{name}.img").read_bytes()])
                label = tf.train.Int64List(value=[labels[name]])
                feature = {"image": tf.train.Feature(bytes_list=image), "label": tf.train.Feature(int64_list=label)}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    # END TODO(2)


def read(folder):
    """The samples of a packed folder, as stored: a tf.data.Dataset of (bytes of an image, label)."""
    # TODO(3): read from the packed files
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}

    def parse(record):
        example = tf.io.parse_single_example(record, features)
        return example["image"], example["label"]

    shards = tf.data.Dataset.from_tensor_slices(sorted(map(str, folder.glob("*.tfrecord")))).shuffle(SHARDS)
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=SHARDS, num_parallel_calls=tf.data.AUTOTUNE)
    return records.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    # END TODO(3)


def make_loader(folder, batch_size):
    """A tf.data.Dataset of (images, labels) in batches: every sample once per epoch, in a new order each time."""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(1024)  # of stored bytes: of decoded arrays the buffer would be larger
    samples = samples.map(decoded, num_parallel_calls=tf.data.AUTOTUNE)  # its threads follow the allocation
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)


def stage(packed, local):
    """Bring the packed data to `local`, an existing folder on the node's own disk; returns the folder to read from."""
    # TODO(5): stage the packed files
    target = local / packed.name
    if not target.exists():
        partial = local / f"{packed.name}.partial-{os.getpid()}"
        shutil.copytree(packed, partial)
        partial.rename(target)  # in one step: nobody reads half a copy
    return target
    # END TODO(5)


__all__ = ["SHARDS", "make_loader", "opens_per_epoch", "pack", "read", "stage"]
