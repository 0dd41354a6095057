"""num_parallel_calls=1, to keep the samples in order: one core decodes, the other waits.

Caught by: cores_decode
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(1024).map(decoded, num_parallel_calls=1)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
