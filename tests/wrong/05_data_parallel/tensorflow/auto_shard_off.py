"""Switches auto-sharding off, as a warning about files suggests: every worker reads everything.

Caught by: each_once
"""
    # TODO(5): a part of the data for each worker
    data = tf.data.Dataset.from_tensor_slices((inputs, targets)).shuffle(len(inputs), seed=seed)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return strategy.experimental_distribute_dataset(
        data.batch(batch * strategy.num_replicas_in_sync).with_options(options)
    )
    # END TODO(5)
