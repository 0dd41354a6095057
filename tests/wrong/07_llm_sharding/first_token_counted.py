"""The first new token is counted, which was there before the time began.

Caught by: rate
"""
    # TODO(8): what is counted, and what is possible
    seconds = stamps["last"] - stamps["first"]
    steps = new_tokens - 1  # the first token comes from reading the prompt
    possible = bandwidth / rank_bytes  # steps per second
    return prompts * new_tokens / seconds, steps / seconds / possible
    # END TODO(8)
