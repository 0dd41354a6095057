"""Copied to a temporary folder of its own choice: nobody removes it, and on some systems it is memory.

Caught by: staged
"""
    # TODO(5): stage the packed files
    import tempfile

    target = Path(tempfile.mkdtemp()) / packed.name
    shutil.copytree(packed, target)
    shutil.copytree(packed, local / packed.name)
    return target
    # END TODO(5)
