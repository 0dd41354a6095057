"""A shuffle buffer for a million samples, for a perfect shuffle: whatever the set, all of it is held in memory.

Caught by: small_memory
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(1_000_000).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
