"""A symbolic link on the local disk: the path is local, every read still goes to the parallel filesystem.

Caught by: staged
"""
    # TODO(5): stage the packed files
    target = local / packed.name
    if not target.exists():
        target.symlink_to(packed, target_is_directory=True)
    return target
    # END TODO(5)
