"""Each shard gets len // SHARDS samples: what is left over after the division is in no shard.

Caught by: samples_once
"""
    # TODO(2): pack the samples into few files
    labels = read_labels(source)
    share = len(labels) // SHARDS
    for shard in range(SHARDS):
        with tf.io.TFRecordWriter(str(packed / f"images-{shard}-of-{SHARDS}.tfrecord")) as writer:
            for name in list(labels)[shard * share : (shard + 1) * share]:
                image = tf.train.BytesList(value=[(source / f"{name}.img").read_bytes()])
                label = tf.train.Int64List(value=[labels[name]])
                feature = {"image": tf.train.Feature(bytes_list=image), "label": tf.train.Feature(int64_list=label)}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    # END TODO(2)
