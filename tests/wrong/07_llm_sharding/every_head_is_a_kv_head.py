"""Four square matrices per attention, as before grouped-query heads.

Caught by: weights_size
"""
    # TODO(1): count the weights
    hidden, heads = config.hidden_size, 2 * config.num_attention_heads
    attention = 2 * hidden * heads * config.head_dim  # q and o have all heads, k and v the KV heads
    mlp = 3 * hidden * config.intermediate_size
    layer = attention + mlp + 2 * hidden  # two norms
    embeddings = (1 if config.tie_word_embeddings else 2) * config.vocab_size * hidden
    return (config.num_hidden_layers * layer + embeddings + hidden) * bytes_per_element
    # END TODO(1)
