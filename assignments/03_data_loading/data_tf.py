"""Given: the decoder of data.py for TensorFlow, twice: in Python, and as operations that run without it."""

import data
import tensorflow as tf
from data import INPUT


def decode_in_python(image):
    """The network's input of an image file's bytes, by data.py and numpy: float32, (INPUT, INPUT, 3).

    For `tf.numpy_function`. Python runs it, so only one thread of a process at a time does (zlib apart).
    """
    return data.decode(image).transpose(1, 2, 0)  # TensorFlow has the channels last


def decode(image):
    """The same of a scalar string tensor, in TensorFlow's operations: any number of threads at a time."""
    side = tf.cast(tf.io.decode_raw(tf.strings.substr(image, 0, 2), tf.uint16, little_endian=False)[0], tf.int32)
    rows = tf.io.decode_raw(tf.io.decode_compressed(tf.strings.substr(image, 2, -1), "ZLIB"), tf.uint8)
    pixels = tf.cast(tf.cumsum(tf.reshape(rows, (side, side, 3)), axis=1), tf.float32)
    block = side // INPUT
    small = tf.reduce_mean(tf.reshape(pixels, (INPUT, block, INPUT, block, 3)), axis=(1, 3))
    mean, variance = tf.nn.moments(small, axes=(0, 1, 2))
    return (small - mean) / tf.sqrt(variance)
