"""The cache of one prompt, however many are answered together.

Caught by: cache_size
"""
    # TODO(2): count the cache
    keys = config.num_hidden_layers * config.num_key_value_heads * config.head_dim * tokens
    return 2 * keys * bytes_per_element  # and as many values
    # END TODO(2)
