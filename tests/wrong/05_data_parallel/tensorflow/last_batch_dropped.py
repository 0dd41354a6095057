"""Drops the last batch, so that all are equal.

Caught by: each_once
"""
    # TODO(5): a part of the data for each worker
    def own(context):
        data = tf.data.Dataset.from_tensor_slices((inputs, targets))
        part = data.shard(context.num_input_pipelines, context.input_pipeline_id)
        return part.shuffle(len(inputs), seed=seed).batch(batch, drop_remainder=True)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)
