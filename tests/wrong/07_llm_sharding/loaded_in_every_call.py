"""The whole checkpoint is loaded as a part of every answer, so its time is in the tokens per second.

Caught by: two_ranks
"""
    # TODO(4): each rank reads its own part
    device, files = llama.device(mesh), llama.files(folder)
    generate.place = folder, mesh
    model = llama.skeleton(folder, device)
    everything = {}
    for name, path in files.items():
        with safe_open(path, "pt") as file:
            everything[name] = file.get_tensor(name).clone()
    parallelize_module(model, mesh, tp_plan(model.config))
    for name, weight in list(model.named_parameters()):
        stored = everything[name]
        if stored is not None:
            if isinstance(weight, DTensor) and isinstance(weight.placements[0], Shard):
                dim = weight.placements[0].dim
                part = weight.shape[dim] // mesh.size()
                first = part * mesh.get_local_rank()
                mine = stored[first : first + part] if dim == 0 else stored[:, first : first + part]
                # A copy: what a slice gives is a view of the file, which would stay mapped.
                local = mine.clone(memory_format=torch.contiguous_format).to(device)
                llama.put(model, name, DTensor.from_local(local, mesh, weight.placements, run_check=False))
            else:
                llama.put(model, name, stored[:].clone().to(device))
    return model
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
