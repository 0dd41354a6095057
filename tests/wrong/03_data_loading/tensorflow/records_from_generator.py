"""A Python loop over the records: few files, and still only one thread that runs while nothing else does.

Caught by: works_ahead
"""
    # TODO(3): read from the packed files
    paths = sorted(map(str, folder.glob("*.tfrecord")))

    def generate():
        for record in tf.data.TFRecordDataset(paths).as_numpy_iterator():
            feature = tf.train.Example.FromString(record).features.feature
            yield decode_in_python(feature["image"].bytes_list.value[0]), feature["label"].int64_list.value[0]

    return tf.data.Dataset.from_generator(
        generate, output_signature=(tf.TensorSpec((INPUT, INPUT, 3)), tf.TensorSpec((), tf.int64))
    )
    # END TODO(3)

    # TODO(4): decode on all cores while the model computes
    return read(folder).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    # END TODO(4)
