"""repeat(), taken from a call of fit() with steps_per_epoch: an epoch of this data set never ends.

Caught by: samples_once
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(1024).repeat().map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
