"""num_parallel_calls around numpy_function: many calls at a time, and one interpreter that runs them.

zlib lets go of the interpreter while it inflates, the rest of the decoding does not.

Caught by: works_ahead
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        pixels = tf.numpy_function(decode_in_python, [image], tf.float32)
        return tf.ensure_shape(pixels, (INPUT, INPUT, 3)), label

    samples = read(folder).shuffle(1024).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
