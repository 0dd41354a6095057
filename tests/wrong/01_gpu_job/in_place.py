"""Written in place: the old checkpoint is gone before the new one is there.

Caught by: survives, order
"""
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    with open(path, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # else the new name may reach the disk before the contents do
    # END TODO(7)
