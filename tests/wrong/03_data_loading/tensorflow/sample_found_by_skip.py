"""Sample number i by skip(i), for a perfect shuffle: TFRecord has no index, so each sample opens and reads its way there.

Quick with a hundred samples, quadratic with a million.

Caught by: few_opens, throughput
"""
    # TODO(3): read from the packed files
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}

    def parse(record):
        example = tf.io.parse_single_example(record, features)
        return example["image"], example["label"]

    records = tf.data.TFRecordDataset(sorted(map(str, folder.glob("*.tfrecord"))))
    count = sum(1 for _ in records)
    numbers = tf.data.Dataset.range(count).shuffle(count)
    return numbers.flat_map(lambda i: records.skip(i).take(1)).map(parse)
    # END TODO(3)
