"""The packed files are read well, and the start's map() is kept: Python decodes one sample after the other.

Caught by: cores_decode, works_ahead
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        pixels = tf.numpy_function(decode_in_python, [image], tf.float32)
        return tf.ensure_shape(pixels, (INPUT, INPUT, 3)), label

    return read(folder).shuffle(1024).map(decoded).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
