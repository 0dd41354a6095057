"""The old file is deleted to make room for the new one.

Caught by: survives
"""
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    path.unlink(missing_ok=True)
    with open(unfinished, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # else the new name may reach the disk before the contents do
    os.replace(unfinished, path)
    # END TODO(7)
