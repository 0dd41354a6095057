"""The time of reading the prompts is in the rate of decoding.

Caught by: rate
"""
    # TODO(8): what is counted, and what is possible
    seconds = stamps["last"] - stamps["loaded"]
    steps = new_tokens - 1  # the first token comes from reading the prompt
    possible = bandwidth / rank_bytes  # steps per second
    return prompts * steps / seconds, steps / seconds / possible
    # END TODO(8)
