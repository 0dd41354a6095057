"""The shards are shuffled and the batches are, so that every epoch looks new: the same samples meet in every batch.

Caught by: new_order
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    batches = read(folder).map(decoded, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size)
    return batches.shuffle(100).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
