"""The start's reader shuffled by itself. TFRecord files are read from front to back, and nobody shuffles now.

Caught by: new_order
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
