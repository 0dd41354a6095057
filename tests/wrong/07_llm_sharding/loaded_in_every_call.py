"""The checkpoint is loaded, and divided, as a part of every answer.

Caught by: two_ranks
"""
    # TODO(4): each rank reads its own part
    generate.place = folder, mesh
    model = LlamaForCausalLM.from_pretrained(folder, dtype="auto")
    parallelize_module(model, mesh, tp_plan(model.config))
    return model.eval().to(llama.device(mesh))
    # END TODO(4)
    # TODO(5): compute each token once
    model = load(*generate.place)
    new, cache, inputs = [], None, ids
    with torch.no_grad():
        for _ in range(new_tokens):
            answer = model(inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
            inputs, cache = answer.logits[:, -1].argmax(dim=-1, keepdim=True), answer.past_key_values
            new.append(inputs)
    return torch.cat(new, dim=1)
    # END TODO(5)
