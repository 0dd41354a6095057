"""A private pool of one thread, from advice against oversubscription: all of the pipeline takes turns on it.

Caught by: cores_decode
"""
    # TODO(4): decode on all cores while the model computes
    def decoded(image, label):
        return decode(image), label

    samples = read(folder).shuffle(1024).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE).with_options(options)
    # END TODO(4)
