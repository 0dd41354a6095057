"""Renamed, but nobody waited for the disk: after a power failure the name may be there without its contents.

Caught by: order
"""
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    with open(unfinished, "wb") as file:
        torch.save(state, file)
        file.flush()
    os.replace(unfinished, path)
    # END TODO(7)
