"""Copied to a folder of its own choice in /tmp: nobody removes it, and on some systems /tmp is memory.

Caught by: staged
"""
    # TODO(5): stage the packed files
    import tempfile

    target = Path(tempfile.mkdtemp(dir="/tmp")) / packed.name
    shutil.copytree(packed, target)
    shutil.copytree(packed, local / packed.name)
    return target
    # END TODO(5)
