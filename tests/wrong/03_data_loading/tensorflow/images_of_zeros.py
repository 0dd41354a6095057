"""A null answer: the shapes and the labels are right, the pixels were never decoded.

Caught by: samples_once
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return tf.zeros((INPUT, INPUT, 3)), label

    samples = read(folder).shuffle(1024).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
