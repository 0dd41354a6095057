"""The file gets its name in a finally, so also when writing it failed.

Caught by: survives
"""
    # TODO(7): all or nothing, and once
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) != 0:
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            np.savez(file, **state)
            file.flush()
            os.fsync(file.fileno())
    finally:
        os.replace(unfinished, path)
    # END TODO(7)
