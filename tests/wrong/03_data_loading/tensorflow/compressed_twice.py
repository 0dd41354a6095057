"""GZIP, because TFRecord offers it. Images are compressed already: no byte is saved, every read inflates.

Caught by: stored_unchanged
"""
    # TODO(2): pack the samples into few files
    labels = read_labels(source)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    for shard in range(SHARDS):
        with tf.io.TFRecordWriter(str(packed / f"images-{shard}-of-{SHARDS}.tfrecord"), options) as writer:
            for name in list(labels)[shard::SHARDS]:
                image = tf.train.BytesList(value=[(source / f"{name}.img").read_bytes()])
                label = tf.train.Int64List(value=[labels[name]])
                feature = {"image": tf.train.Feature(bytes_list=image), "label": tf.train.Feature(int64_list=label)}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    # END TODO(2)

    # TODO(3): read from the packed files
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}

    def parse(record):
        example = tf.io.parse_single_example(record, features)
        return example["image"], example["label"]

    shards = tf.data.Dataset.from_tensor_slices(sorted(map(str, folder.glob("*.tfrecord")))).shuffle(SHARDS)
    records = shards.interleave(
        lambda path: tf.data.TFRecordDataset(path, compression_type="GZIP"), num_parallel_calls=tf.data.AUTOTUNE
    )
    return records.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    # END TODO(3)
