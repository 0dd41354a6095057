"""All files are read into memory on every rank, then the parts are taken out.

Caught by: light_loading
"""
    # TODO(4): each rank reads its own part
    device, files = llama.device(mesh), llama.files(folder)
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
