"""The cache is passed on, and the whole text once more with it.

Caught by: generated
"""
    # TODO(5): compute each token once
    new, cache, inputs = [], None, ids
    with torch.no_grad():
        for _ in range(new_tokens):
            answer = model(inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
            inputs, cache = answer.logits[:, -1].argmax(dim=-1, keepdim=True), answer.past_key_values
            new.append(inputs)
            inputs = torch.cat([ids, *new], dim=1)
    return torch.cat(new, dim=1)
    # END TODO(5)
