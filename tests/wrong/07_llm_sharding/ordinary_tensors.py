"""The right parts, and nothing that says which part of what they are.

Caught by: divided
"""
    # TODO(4): each rank reads its own part
    device, files = llama.device(mesh), llama.files(folder)
    model = llama.skeleton(folder, device)
    parallelize_module(model, mesh, tp_plan(model.config))
    for name, weight in list(model.named_parameters()):
        with safe_open(files[name], "pt") as file:
            stored = file.get_slice(name)
            if isinstance(weight, DTensor) and isinstance(weight.placements[0], Shard):
                dim = weight.placements[0].dim
                part = weight.shape[dim] // mesh.size()
                first = part * mesh.get_local_rank()
                mine = stored[first : first + part] if dim == 0 else stored[:, first : first + part]
                local = mine.clone(memory_format=torch.contiguous_format).to(device)
                llama.put(model, name, local)
            else:
                llama.put(model, name, stored[:].clone().to(device))
    return model
    # END TODO(4)
