"""Staged in the home directory: it is a network filesystem as well, its quota is small, and nobody cleans up.

Caught by: staged
"""
    # TODO(5): stage the packed files
    target = Path.home() / "staged" / packed.name
    if not target.exists():
        shutil.copytree(packed, target)
    return target
    # END TODO(5)
