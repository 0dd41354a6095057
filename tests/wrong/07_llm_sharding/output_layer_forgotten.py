"""One matrix for the vocabulary. That holds for small Llamas, whose output layer is the embedding; others have
two.

Caught by: weights_size
"""
    # TODO(1): count the weights
    hidden, heads = config.hidden_size, config.num_attention_heads + config.num_key_value_heads
    attention = 2 * hidden * heads * config.head_dim  # q and o have all heads, k and v the KV heads
    mlp = 3 * hidden * config.intermediate_size
    layer = attention + mlp + 2 * hidden  # two norms
    embeddings = config.vocab_size * hidden
    return (config.num_hidden_layers * layer + embeddings + hidden) * bytes_per_element
    # END TODO(1)
