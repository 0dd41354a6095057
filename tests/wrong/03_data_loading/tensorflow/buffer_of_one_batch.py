"""shuffle(batch_size): a sample moves by about the length of the buffer, so what is stored last comes last.

Caught by: new_order
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(batch_size).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
