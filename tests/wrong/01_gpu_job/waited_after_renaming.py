"""Waits for the disk after the file got its name.

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
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    # END TODO(7)
