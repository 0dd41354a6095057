"""interleave() over the number of readers, each of which reads all shards: every sample comes four times.

Caught by: samples_once
"""
    # TODO(3): read from the packed files
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}

    def parse(record):
        example = tf.io.parse_single_example(record, features)
        return example["image"], example["label"]

    paths = sorted(map(str, folder.glob("*.tfrecord")))
    records = tf.data.Dataset.range(SHARDS).interleave(
        lambda _: tf.data.TFRecordDataset(paths), cycle_length=SHARDS, num_parallel_calls=tf.data.AUTOTUNE
    )
    return records.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    # END TODO(3)
