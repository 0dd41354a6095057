"""Takes the first part in every worker: half of the data is never seen.

Caught by: each_once
"""
    # TODO(5): a part of the data for each worker
    def own(context):
        data = tf.data.Dataset.from_tensor_slices((inputs, targets)).shard(context.num_input_pipelines, 0)
        return data.shuffle(len(inputs), seed=seed).batch(batch)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)
