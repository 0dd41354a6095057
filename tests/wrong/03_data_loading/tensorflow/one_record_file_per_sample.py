"""The right format and as many files as before: a TFRecord file holds many records, here each holds one.

Caught by: few_files
"""
    # TODO(2): pack the samples into few files
    for name, number in read_labels(source).items():
        with tf.io.TFRecordWriter(str(packed / f"{name}.tfrecord")) as writer:
            image = tf.train.BytesList(value=[(source / f"{name}.img").read_bytes()])
            label = tf.train.Int64List(value=[number])
            feature = {"image": tf.train.Feature(bytes_list=image), "label": tf.train.Feature(int64_list=label)}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    # END TODO(2)
