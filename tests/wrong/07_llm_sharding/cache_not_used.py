"""The whole text goes through the model in every step.

Caught by: generated
"""
    # TODO(5): compute each token once
    text = ids
    with torch.no_grad():
        for _ in range(new_tokens):
            logits = model(text, use_cache=False).logits[:, -1]
            text = torch.cat([text, logits.argmax(dim=-1, keepdim=True)], dim=1)
    return text[:, ids.shape[1] :]
    # END TODO(5)
