"""The cache is computed as if every head had its own keys and values.

Caught by: cache_size
"""
    # TODO(2): count the cache
    keys = config.num_hidden_layers * config.num_attention_heads * config.head_dim * prompts * tokens
    return 2 * keys * bytes_per_element  # and as many values
    # END TODO(2)
