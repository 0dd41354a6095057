"""Hard links instead of copies: a new name for the same bytes on the same filesystem.

Caught by: staged
"""
    # TODO(5): stage the packed files
    target = local / packed.name
    target.mkdir()
    for file in packed.iterdir():
        os.link(file, target / file.name)
    return target
    # END TODO(5)
