"""The bound is taken per prompt, as if a step read all weights again for each.

Caught by: rate
"""
    # TODO(8): what is counted, and what is possible
    seconds = stamps["last"] - stamps["first"]
    steps = new_tokens - 1  # the first token comes from reading the prompt
    possible = bandwidth / rank_bytes  # steps per second
    return prompts * steps / seconds, prompts * steps / seconds / possible
    # END TODO(8)
