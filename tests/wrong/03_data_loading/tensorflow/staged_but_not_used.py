"""The files are copied to the node's disk, but the path that is returned is still the parallel filesystem's.

Caught by: staged
"""
    # TODO(5): stage the packed files
    target = local / packed.name
    if not target.exists():
        shutil.copytree(packed, target)
    return packed
    # END TODO(5)
