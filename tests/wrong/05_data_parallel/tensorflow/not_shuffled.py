"""Takes its part, and nobody shuffles.

Caught by: new_order
"""
    # TODO(5): a part of the data for each worker
    def own(context):
        data = tf.data.Dataset.from_tensor_slices((inputs, targets))
        return data.shard(context.num_input_pipelines, context.input_pipeline_id).batch(batch)

    return strategy.distribute_datasets_from_function(own)
    # END TODO(5)
