"""cache() after the decoding: the second epoch is quick here, and out of memory with a real data set.

Caught by: small_memory
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).map(decoded, num_parallel_calls=tf.data.AUTOTUNE).cache()
    return samples.shuffle(1024).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
