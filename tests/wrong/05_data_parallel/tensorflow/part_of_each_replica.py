"""Counts replicas where workers are asked for: devices of one process take their turns by themselves.

Caught by: sizes
"""
    # TODO(5): a part of the data for each worker
    def own(context):
        data = tf.data.Dataset.from_tensor_slices((inputs, targets))
        data = data.shard(strategy.num_replicas_in_sync, context.input_pipeline_id)
        return data.shuffle(len(inputs), seed=seed).batch(batch)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)
