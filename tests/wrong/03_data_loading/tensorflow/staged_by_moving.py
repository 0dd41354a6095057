"""Moved instead of copied: the local disk is emptied when the job ends, and the only packed copy with it.

Caught by: staged
"""
    # TODO(5): stage the packed files
    for file in packed.iterdir():
        shutil.move(file, local / file.name)
    return local
    # END TODO(5)
