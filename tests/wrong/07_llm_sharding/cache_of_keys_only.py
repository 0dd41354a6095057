"""Keys are counted, values are not.

Caught by: cache_size
"""
    # TODO(2): count the cache
    keys = config.num_hidden_layers * config.num_key_value_heads * config.head_dim * prompts * tokens
    return keys * bytes_per_element  # and as many values
    # END TODO(2)
