"""Shuffles before it takes a part, with a seed that tf.data mixes with another one: workers cut different orders.

Caught by: each_once
"""
    # TODO(5): a part of the data for each worker
    def own(context):
        data = tf.data.Dataset.from_tensor_slices((inputs, targets)).shuffle(len(inputs), seed=seed)
        return data.shard(context.num_input_pipelines, context.input_pipeline_id).batch(batch)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)
